package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMet(t *testing.T) {
	for value, want := range map[float64]string{1: "stretch", 1.2: "stretch", 1.204: "stretch", 1.21: "must", 1.5: "must", 1.51: "NO", 9: "NO"} {
		if got := (figure{value: value, must: 1.5, stretch: 1.2}).met(); got != want {
			t.Errorf("%g is %q, not %q", value, got, want)
		}
	}
}

// atFloor is every operation done with exactly its floor's work.
func atFloor() (all []measured) {
	for _, name := range slices.Sorted(maps.Keys(floors)) {
		f, m := floors[name], measured{name: name}
		for range int(f.aws) {
			m.calls = append(m.calls, call{what: "DynamoDB.GetItem"})
		}
		for range int(f.psp) {
			m.calls = append(m.calls, call{what: "PSP GET /", psp: true})
		}
		m.calls[0].told = units{f.read, f.write}
		all = append(all, m)
	}
	return all
}

func TestWorkAtItsFloorIsOne(t *testing.T) {
	calls, capacity, err := workFigures(atFloor())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(calls, capacity[:len(capacity)-1]...) {
		if f.value != 1 || f.met() != "stretch" {
			t.Errorf("%s is %g", f.name, f.value)
		}
	}
	if scans := capacity[len(capacity)-1]; scans.value != 0 || scans.met() == "NO" {
		t.Errorf("%+v", scans)
	}
}

func TestMoreWorkIsSeen(t *testing.T) {
	all := atFloor()
	all[0].calls = append(all[0].calls, call{what: "DynamoDB.Scan", told: units{read: 1000}}, call{what: "DynamoDB.GetItem", retry: true, told: units{read: 5000}})
	calls, capacity, err := workFigures(all)
	if err != nil {
		t.Fatal(err)
	}
	f := floors[all[0].name]
	if want := (f.calls() + 1) / f.calls(); calls[0].value != want {
		t.Errorf("one call more is %g, not %g; a retry counts apart", calls[0].value, want)
	}
	if want := (f.units() + 1000) / f.units(); capacity[0].value != want {
		t.Errorf("1000 units more are %g, not %g; a retry's do not count", capacity[0].value, want)
	}
	if scans := capacity[len(capacity)-1]; scans.value != 1 || scans.met() != "NO" {
		t.Errorf("a Scan: %+v", scans)
	}
}

// An operation that does less than the least did not do its work; it must not shine in the table.
func TestIdleWorkIsRefused(t *testing.T) {
	all := atFloor()
	all[0].calls = nil
	if _, _, err := workFigures(all); err == nil || !strings.Contains(err.Error(), all[0].name) {
		t.Errorf("an operation without calls was taken: %v", err)
	}
}

func TestEveryOperationIsMeasured(t *testing.T) {
	all := atFloor()
	if _, _, err := workFigures(all[1:]); err == nil || !strings.Contains(err.Error(), all[0].name) {
		t.Errorf("an operation that was not measured: %v", err)
	}
	if _, _, err := workFigures(append(all, measured{name: "newOperation"})); err == nil {
		t.Error("an operation without a floor was taken")
	}
	if _, _, err := workFigures(append(all, measured{calls: []call{{}}})); err != nil {
		t.Errorf("what is only prepared needs no floor: %v", err)
	}
	for name, f := range floors {
		if f.why == "" || f.calls() == 0 {
			t.Errorf("the floor of %s is not justified", name)
		}
	}
}

func TestTableFailsOnAMissedMust(t *testing.T) {
	var out strings.Builder
	good := figure{name: "good", value: 1, must: 1.5, stretch: 1.2}
	if ok, err := write(&out, []figure{good}); !ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
	if ok, _ := write(&out, []figure{{name: "bad", value: 2, must: 1.5, stretch: 1.2}, good}); ok {
		t.Error("a missed must was not noticed")
	}
	if !strings.Contains(out.String(), "NO") {
		t.Error(out.String())
	}
}

func TestSizesAndStarts(t *testing.T) {
	f := sizeFigures([]size{{"a", 100}, {"b", 150}, {"c", 250}, {"d", 400}}, 100)
	if f[0].value != 2 || f[1].value != 4 || !strings.HasSuffix(f[1].name, " d") {
		t.Errorf("%+v", f)
	}
	ms := func(n ...int) (out []time.Duration) {
		for _, v := range n {
			out = append(out, time.Duration(v)*time.Millisecond)
		}
		return out
	}
	times := map[string][]time.Duration{hello: ms(3, 1, 2)}
	for _, k := range kinds {
		times[k] = ms(90, 4, 6, 2)
	}
	figures := startFigures(times, map[string][]call{"a": nil, "b": {{}}, "c": {{}, {}}})
	if figures[0].value != 2.5 {
		t.Errorf("the median of 2, 4, 6, 90 ÷ that of 1, 2, 3 is %g", figures[0].value)
	}
	if last := figures[len(figures)-1]; last.value != 2 || !strings.HasSuffix(last.name, " c") || last.met() != "NO" {
		t.Errorf("%+v", last)
	}
}
