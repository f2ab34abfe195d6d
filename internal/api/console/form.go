package console

import (
	"github.com/a-h/templ"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

// input is a field of a form.
type input struct {
	look.Field
	rows  int  // of a text of several lines
	check bool // a box to tick
}

// inputs are a form's fields.
type inputs []input

// fields are those that the top of a form names when they are wrong.
func (all inputs) fields() (out []look.Field) {
	for _, i := range all {
		out = append(out, i.Field)
	}
	return out
}

// correct puts what a fault says of fields to them, and gives what it says of anything else.
func (all inputs) correct(f *fault.Fault) (top string) {
	fields := all.fields()
	top = wrong(f, fields)
	for i := range fields {
		all[i].Field = fields[i]
	}
	return top
}

// changedMeanwhile is said of a form that was for another version.
const changedMeanwhile = "Somebody changed this meanwhile. Below is what you typed; above is how it is now. Send it again if it still holds."

// form is a page with a form of its own.
type form struct {
	board
	inputs inputs
	wrong  string
}

func (v view) form(title string, fields ...input) form {
	return form{board: v.board(title), inputs: fields}
}

func (f *form) correct(said *fault.Fault) { f.wrong = f.inputs.correct(said) }

// again shows a page with what is wrong with the form that was sent from it, if that can be corrected. What is sent next is another attempt:
// this one was refused, and did nothing.
func again[P interface{ correct(*fault.Fault) }](err error, page func() (P, error), part func(P) templ.Component) (web.Answer, error) {
	f := correctable(err)
	if f == nil {
		return web.Answer{}, err
	}
	p, err := page()
	if err != nil {
		return web.Answer{}, err
	}
	p.correct(f)
	return web.Again(part(p)), nil
}
