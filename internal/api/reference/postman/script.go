package postman

import (
	"encoding/json"
	"fmt"
)

// scripted adds the scripts that do what the item's Step says.
func scripted(it Item) Item {
	s := it.Turnup
	if len(s.Set) > 0 {
		var lines []string
		for _, set := range s.Set {
			lines = append(lines, fmt.Sprintf("pm.collectionVariables.set(%s, pm.variables.replaceIn(%s));", js(set.Variable), js(set.Value)))
		}
		it.Event = append(it.Event, Event{Listen: "prerequest", Script: Script{Type: "text/javascript", Exec: lines}})
	}
	it.Event = append(it.Event, Event{Listen: "test", Script: Script{Type: "text/javascript", Exec: tests(s)}})
	return it
}

func tests(s *Step) []string {
	lines := []string{
		"// Reads a value of the answer's JSON body by a path such as $.a.b[0].c",
		"function value(path) {",
		"  return path.slice(1).split(/[.\\[\\]]+/).filter(Boolean).reduce(function (v, k) { return v === undefined || v === null ? undefined : v[k]; }, pm.response.json());",
		"}",
	}
	if p := s.Poll; p != nil {
		lines = append(lines,
			fmt.Sprintf("var tries = Number(pm.collectionVariables.get('tries') || 0), done = pm.response.code === %d && String(value(%s)) === %s;", s.Status, js(p.Path), js(p.Equals)),
			fmt.Sprintf("if (!done && tries < %d) {", p.Times),
			"  pm.collectionVariables.set('tries', tries + 1);",
			"  pm.execution.setNextRequest(pm.info.requestName);",
			fmt.Sprintf("  setTimeout(function () {}, %d);", p.EveryMS),
			"  return;",
			"}",
			"pm.collectionVariables.unset('tries');")
	}
	lines = append(lines, fmt.Sprintf("pm.test('answers %d', function () { pm.expect(pm.response.code, pm.response.text()).to.equal(%d); });", s.Status, s.Status))
	expects := s.Expect
	if s.Poll != nil {
		expects = append([]Expect{s.Poll.Expect}, expects...)
	}
	for _, e := range expects {
		lines = append(lines, fmt.Sprintf("pm.test(%s, function () { pm.expect(String(value(%s))).to.equal(pm.variables.replaceIn(%s)); });", js(e.Path+" is "+e.Equals), js(e.Path), js(e.Equals)))
	}
	for _, v := range s.Save {
		read := fmt.Sprintf("value(%s)", js(v.Path))
		if v.Header != "" {
			read = fmt.Sprintf("pm.response.headers.get(%s)", js(v.Header))
		}
		if v.Match != "" {
			read = fmt.Sprintf("(String(%s).match(new RegExp(%s)) || [])[1]", read, js(v.Match))
		}
		lines = append(lines,
			fmt.Sprintf("pm.test(%s, function () {", js("keeps "+v.Variable)),
			"  var found = "+read+";",
			"  pm.expect(found).to.be.a('string').and.not.empty;",
			fmt.Sprintf("  pm.collectionVariables.set(%s, found);", js(v.Variable)),
			"});")
	}
	return lines
}

// js writes a JavaScript string.
func js(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic("postman: " + err.Error()) // a string can be encoded
	}
	return string(raw)
}
