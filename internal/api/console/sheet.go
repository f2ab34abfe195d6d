package console

import (
	"encoding/json"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

// sheet is the terms of something that an administrator sets: read whole, changed in some fields, and put back whole.
type sheet struct {
	title, will, path, put, list string // put is the operation; list is the address that it is a row of
	name                         string // of what is made, in its list's form; "" of what is not made here
	inputs                       inputs
	ours                         []string                               // fields of the answer that are no terms
	fill                         func(t terms, p *paper)                // the terms into the form
	take                         func(v view, t terms) (f *fault.Fault) // the form into the terms
	unread                       bool                                   // there is no operation that reads one
}

// terms are a resource of the API, with whatever else is in it.
type terms map[string]any

type versioned struct {
	terms terms
	etag  string
}

func (x *versioned) UnmarshalJSON(raw []byte) error { return json.Unmarshal(raw, &x.terms) }

func (x *versioned) Version(v string) { x.etag = v }

// paper is a sheet on its page.
type paper struct {
	board
	sheet
	version, wrong string
	may            bool
}

func (p *paper) set(name string, value any) {
	for i := range p.inputs {
		if s, ok := value.(string); ok && p.inputs[i].Name == name {
			p.inputs[i].Value = s
		}
	}
}

// read reads the terms as they are; of what is not there yet there are none.
func (s sheet) read(v view) (found versioned, err error) {
	if s.unread {
		return versioned{terms: terms{}}, nil
	}
	err = v.api.Get(s.path, nil, &found)
	if f := fault.Of(err); f != nil && f.Kind == fault.NotFound && s.name != "" {
		return versioned{terms: terms{}}, nil
	}
	return found, err
}

func (s sheet) paper(v view) (*paper, error) {
	found, err := s.read(v)
	if err != nil {
		return nil, err
	}
	p := &paper{board: v.board(s.title), sheet: s, version: found.etag, may: v.may(s.put)}
	p.crumbs = []look.Place{{Name: "Back to the list", Address: s.list}}
	s.fill(found.terms, p)
	return p, nil
}

func showSheet(of func(view) sheet) func(view) (web.Answer, error) {
	return func(v view) (web.Answer, error) {
		s := of(v)
		if name := v.Query().Get(s.name); s.name != "" && name != "" && v.PathValue(s.name) == "new" {
			return web.Go(s.list + session.Path(name)), nil
		}
		p, err := s.paper(v)
		if err != nil {
			return web.Answer{}, err
		}
		return web.Show(sheetPage(p)), nil
	}
}

func sendSheet(of func(view) sheet) func(view) (web.Answer, error) {
	return func(v view) (web.Answer, error) {
		s := of(v)
		found, err := s.read(v)
		if err != nil {
			return web.Answer{}, err
		}
		for _, name := range s.ours {
			delete(found.terms, name)
		}
		if f := s.take(v, found.terms); f != nil {
			err = f
		} else {
			err = v.api.Put(s.path, v.Field("version"), found.terms, nil)
		}
		if err == nil {
			return goDone(s.list, "saved"), nil
		}
		f := correctable(err)
		if f == nil {
			return web.Answer{}, err
		}
		return s.again(v, f)
	}
}

// again shows the form with what was sent and what is wrong with it.
func (s sheet) again(v view, f *fault.Fault) (web.Answer, error) {
	p, err := s.paper(v)
	if err != nil {
		return web.Answer{}, err
	}
	for i := range p.inputs {
		p.inputs[i].Value = v.Field(p.inputs[i].Name)
	}
	p.wrong = p.inputs.correct(f)
	if f.Kind == fault.Precondition {
		p.wrong = "Somebody changed this meanwhile. Below is what you typed: send it again if it still holds."
	} else {
		p.version = v.Field("version")
	}
	return web.Again(sheetPage(p)), nil
}

func init() { done["saved"] = "It is saved." }
