package console

import (
	"net/url"

	"turnup/internal/base/fault"
)

// get reads what an operation answers, if the visitor's role allows it. What there is none of stays empty.
func (r reads) get(operation, path string, q url.Values, into any) {
	if !r.v.may(operation) {
		return
	}
	r.Go(func() error {
		err := r.v.api.Get(path, q, into)
		if f := fault.Of(err); f != nil && f.Kind == fault.NotFound {
			return nil
		}
		return err
	})
}

// need reads what the page is about: without it there is no page.
func (r reads) need(path string, q url.Values, into any) {
	r.Go(func() error { return r.v.api.Get(path, q, into) })
}

// query makes one of names and values; what has no value is left out.
func query(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}
