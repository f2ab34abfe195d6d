package postman

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Runner runs a folder of a collection.
type Runner struct {
	Client    *http.Client                  // http.DefaultClient when nil; redirects are never followed
	Variables map[string]string             // replace the collection's own, for example baseUrl
	Log       func(format string, a ...any) // one line a request; may be nil
}

// Run sends the requests of a folder in order and stops at the first that is not answered as its Step says.
// It answers the variables as they are in the end.
func (r Runner) Run(ctx context.Context, c Collection, folder string) (map[string]string, error) {
	vars := map[string]string{}
	for _, v := range c.Variable {
		vars[v.Key] = v.Value
	}
	for k, v := range r.Variables {
		vars[k] = v
	}
	items := requests(c.Item, folder, false)
	if len(items) == 0 {
		return vars, fmt.Errorf("postman: there is no folder %q with requests", folder)
	}
	client := http.Client{Timeout: time.Minute}
	if r.Client != nil {
		client = *r.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, it := range items {
		if err := r.step(ctx, &client, c, it, vars); err != nil {
			return vars, fmt.Errorf("postman: %s: %w", it.Name, err)
		}
	}
	return vars, nil
}

// requests lists the requests below the named folder.
func requests(items []Item, folder string, inside bool) []Item {
	var found []Item
	for _, it := range items {
		if it.Request != nil && inside {
			found = append(found, it)
		}
		found = append(found, requests(it.Item, folder, inside || it.Name == folder)...)
	}
	return found
}

func (r Runner) step(ctx context.Context, client *http.Client, c Collection, it Item, vars map[string]string) error {
	s := it.Turnup
	if s == nil {
		s = &Step{}
	}
	for _, set := range s.Set {
		vars[set.Variable] = fill(set.Value, vars)
	}
	for try := 0; ; try++ {
		a, err := send(ctx, client, c, it, vars)
		if err != nil {
			return err
		}
		if r.Log != nil {
			r.Log("%s: %d", it.Name, a.status)
		}
		if s.Poll != nil && try < s.Poll.Times && (a.status != s.Status || a.value(s.Poll.Path) != s.Poll.Equals) {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(s.Poll.EveryMS) * time.Millisecond):
			}
			continue
		}
		return s.judge(a, vars)
	}
}

func (s *Step) judge(a answer, vars map[string]string) error {
	if s.Status != 0 && a.status != s.Status {
		return fmt.Errorf("answered %d instead of %d: %s", a.status, s.Status, a.body)
	}
	expects := s.Expect
	if s.Poll != nil {
		expects = append([]Expect{s.Poll.Expect}, expects...)
	}
	for _, e := range expects {
		want := fill(e.Equals, vars)
		if got := a.value(e.Path); got != want {
			return fmt.Errorf("%s is %q instead of %q", e.Path, got, want)
		}
	}
	for _, v := range s.Save {
		found := a.header.Get(v.Header)
		if v.Header == "" {
			found = a.value(v.Path)
		}
		if v.Match != "" {
			groups := regexp.MustCompile(v.Match).FindStringSubmatch(found)
			if len(groups) < 2 {
				return fmt.Errorf("%q does not match %s", found, v.Match)
			}
			found = groups[1]
		}
		if found == "" {
			return fmt.Errorf("there is nothing to keep as %s", v.Variable)
		}
		vars[v.Variable] = found
	}
	return nil
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func send(ctx context.Context, client *http.Client, c Collection, it Item, vars map[string]string) (answer, error) {
	q := it.Request
	address := fill(q.URL.Raw, vars)
	for _, v := range q.URL.Variable {
		address = strings.ReplaceAll(address, "/:"+v.Key, "/"+url.PathEscape(fill(v.Value, vars)))
	}
	var body io.Reader
	header := http.Header{}
	if q.Body != nil && q.Body.Mode == "urlencoded" {
		form := url.Values{}
		for _, f := range q.Body.URLEncoded {
			form.Set(f.Key, fill(f.Value, vars))
		}
		body = strings.NewReader(form.Encode())
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else if q.Body != nil {
		body = strings.NewReader(fill(q.Body.Raw, vars))
	}
	for _, h := range q.Header {
		if !h.Disabled {
			header.Set(h.Key, fill(h.Value, vars))
		}
	}
	auth := q.Auth
	if auth == nil {
		auth = c.Auth
	}
	if auth != nil && auth.Type == "bearer" && len(auth.Bearer) > 0 {
		header.Set("Authorization", "Bearer "+fill(auth.Bearer[0].Value, vars))
	}
	req, err := http.NewRequestWithContext(ctx, q.Method, address, body)
	if err != nil {
		return answer{}, err
	}
	req.Header = header
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return answer{status: res.StatusCode, header: res.Header, body: raw}, err
}

var placeholder = regexp.MustCompile(`\{\{([^{}]+)\}\}`)

// fill replaces {{name}}; {{$guid}} is a new UUID each time, an unknown name stays, as in Postman.
func fill(s string, vars map[string]string) string {
	return placeholder.ReplaceAllStringFunc(s, func(found string) string {
		name := found[2 : len(found)-2]
		if name == "$guid" {
			return guid()
		}
		if v, ok := vars[name]; ok {
			return v
		}
		return found
	})
}

func guid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// value reads a value of the JSON body as text; empty when there is none.
func (a answer) value(path string) string {
	var at any
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	if d.Decode(&at) != nil {
		return ""
	}
	for _, k := range strings.FieldsFunc(strings.TrimPrefix(path, "$"), func(c rune) bool { return strings.ContainsRune(".[]", c) }) {
		switch v := at.(type) {
		case map[string]any:
			at = v[k]
		case []any:
			i, err := strconv.Atoi(k)
			if err != nil || i < 0 || i >= len(v) {
				return ""
			}
			at = v[i]
		default:
			return ""
		}
	}
	if at == nil {
		return ""
	}
	return fmt.Sprint(at)
}
