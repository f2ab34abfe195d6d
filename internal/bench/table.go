package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// figure is one line of the table; smaller is better.
type figure struct {
	name          string
	value         float64
	must, stretch float64
	detail        string
}

// met says which bar is met. Ratios are compared as they are shown, to two places.
func (f figure) met() string {
	shown := float64(int64(f.value*100+0.5)) / 100
	switch {
	case shown <= f.stretch:
		return "stretch"
	case shown <= f.must:
		return "must"
	}
	return "NO"
}

// Bars of P1 and P2.
const (
	workMust    = 1.5
	workStretch = 1.2
)

// workFigures are P1 and P2: what each operation did ÷ its floor.
func workFigures(all []measured) (calls, capacity []figure, err error) {
	scans := 0
	var done []string
	for _, m := range all {
		for _, c := range m.calls {
			if c.scan() {
				scans++
			}
		}
		if m.name == "" {
			continue
		}
		f, ok := floors[m.name]
		if !ok {
			return nil, nil, fmt.Errorf("%s has no floor", m.name)
		}
		done = append(done, m.name)
		calls = append(calls, callFigure(m, f))
		if v := calls[len(calls)-1].value; v < 1 {
			return nil, nil, fmt.Errorf("%s made %.2f of the least possible calls: it did not do its work, or its floor is wrong", m.name, v)
		}
		if f.units() > 0 {
			capacity = append(capacity, capacityFigure(m, f))
		}
	}
	for name := range floors {
		if !slices.Contains(done, name) {
			return nil, nil, fmt.Errorf("%s was not measured", name)
		}
	}
	return calls, append(capacity, figure{name: "P2 Scans", value: float64(scans), detail: "in all of it"}), nil
}

func callFigure(m measured, f floor) figure {
	aws, psp, retries := 0, 0, 0
	for _, c := range m.calls {
		switch {
		case c.retry:
			retries++
		case c.psp:
			psp++
		default:
			aws++
		}
	}
	detail := fmt.Sprintf("%d AWS + %d PSP of %g + %g", aws, psp, f.aws, f.psp)
	if f.psp == 0 && psp == 0 {
		detail = fmt.Sprintf("%d AWS of %g", aws, f.aws)
	}
	if retries > 0 {
		detail += fmt.Sprintf(", %d retries", retries)
	}
	return figure{name: "P1 " + m.name, value: float64(aws+psp) / f.calls(), must: workMust, stretch: workStretch, detail: detail}
}

func capacityFigure(m measured, f floor) figure {
	var used units
	for _, c := range m.calls {
		if !c.retry {
			used = used.plus(c.consumed())
		}
	}
	return figure{name: "P2 " + m.name, value: used.sum() / f.units(), must: workMust, stretch: workStretch,
		detail: fmt.Sprintf("%g W + %g R of %g + %g", used.write, used.read, f.write, f.read)}
}

// write prints the table and tells whether every must is met.
func write(w io.Writer, figures []figure) (bool, error) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "figure\tmeasured\t\tmust\tstretch\tmet")
	ok := true
	for _, f := range figures {
		ok = ok && f.met() != "NO"
		fmt.Fprintf(t, "%s\t%.2f\t%s\t%g\t%g\t%s\n", f.name, f.value, f.detail, f.must, f.stretch, f.met())
	}
	return ok, t.Flush()
}

// explain lists every call of every operation, for finding out where the work goes.
func explain(w io.Writer, all []measured) {
	for _, m := range all {
		if m.name == "" {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", m.name)
		if f, ok := floors[m.name]; ok {
			fmt.Fprintf(w, "  floor: %s\n", f.why)
		}
		for _, c := range m.calls {
			var notes []string
			for note, holds := range map[string]bool{"retry": c.retry, "refused": c.refused} {
				if holds {
					notes = append(notes, note)
				}
			}
			slices.Sort(notes)
			fmt.Fprintf(w, "  %-44.44s %5.1f W %5.1f R  (cloud %g W %g R, rules %g W %g R) %s\n", c.what, c.consumed().write, c.consumed().read,
				c.told.write, c.told.read, c.ruled.write, c.ruled.read, strings.Join(notes, " "))
			for _, i := range c.items {
				fmt.Fprintf(w, "      %s\n", i)
			}
		}
	}
}
