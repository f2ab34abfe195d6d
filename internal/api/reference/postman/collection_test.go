package postman

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"turnup/internal/api/reference"
)

// names of what a collection may say, by the published format v2.1.
var (
	modes   = map[string]bool{"raw": true, "urlencoded": true}
	methods = map[string]bool{"GET": true, "POST": true, "PUT": true, "PATCH": true, "DELETE": true}
)

// wellFormed checks an item against the published structure, and that its script does what its Step says.
func wellFormed(t *testing.T, it Item, names map[string]bool) {
	t.Helper()
	if it.Name == "" || (it.Request == nil) == (len(it.Item) == 0) {
		t.Fatalf("%q is neither a request nor a folder", it.Name)
	}
	for _, sub := range it.Item {
		wellFormed(t, sub, names)
	}
	q := it.Request
	if q == nil {
		return
	}
	if !methods[q.Method] || q.URL.Raw == "" || len(q.URL.Host) == 0 || q.Header == nil {
		t.Errorf("%s: request %+v", it.Name, q)
	}
	if q.Body != nil && !modes[q.Body.Mode] {
		t.Errorf("%s: body mode %q", it.Name, q.Body.Mode)
	}
	if q.Body != nil && q.Body.Mode == "raw" && !json.Valid([]byte(q.Body.Raw)) {
		t.Errorf("%s: the body is no JSON: %s", it.Name, q.Body.Raw)
	}
	for _, e := range it.Event {
		if e.Listen != "test" && e.Listen != "prerequest" || e.Script.Type != "text/javascript" || len(e.Script.Exec) == 0 {
			t.Errorf("%s: event %+v", it.Name, e)
		}
	}
	for _, r := range it.Response {
		if r.Name == "" || r.Code < 200 || r.OriginalRequest == nil || (r.Body == "") != (r.PreviewLanguage == "text") { // text is what has no body
			t.Errorf("%s: example %+v", it.Name, r)
		}
	}
	if it.Turnup == nil {
		return
	}
	if names[it.Name] {
		t.Errorf("%s: the name is there twice, so Postman could not repeat the request", it.Name)
	}
	names[it.Name] = true
	var script strings.Builder
	for _, e := range it.Event {
		script.WriteString(strings.Join(e.Script.Exec, "\n"))
	}
	for _, s := range it.Turnup.Save {
		if !strings.Contains(script.String(), "pm.collectionVariables.set("+js(s.Variable)) {
			t.Errorf("%s: the script does not keep %s", it.Name, s.Variable)
		}
	}
	for _, e := range it.Turnup.Expect {
		if !strings.Contains(script.String(), js(e.Path)) || !strings.Contains(script.String(), js(e.Equals)) {
			t.Errorf("%s: the script does not expect %+v", it.Name, e)
		}
	}
}

// fake answers the purchase the way the API and the PSP's sandbox do, and remembers what was asked.
func fake(t *testing.T) (*httptest.Server, *[]string) {
	t.Helper()
	var asked []string
	reads := 0
	taken := map[string]bool{}
	mux := http.NewServeMux()
	handle := func(pattern string, status int, answer func(r *http.Request, body map[string]any) any) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Method+" "+r.URL.Path)
			var body map[string]any
			if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
				if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
					t.Errorf("%s: %v", pattern, err)
				}
			}
			if r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") == "" && !strings.HasPrefix(r.URL.Path, "/psp/") && !strings.HasPrefix(r.URL.Path, "/3ds/") {
				t.Errorf("%s: no Idempotency-Key", pattern)
			}
			v := answer(r, body)
			if to, ok := v.(string); ok {
				w.Header().Set("Location", to)
				w.WriteHeader(status)
				return
			}
			w.WriteHeader(status)
			if err := json.NewEncoder(w).Encode(v); err != nil {
				t.Error(err)
			}
		})
	}
	type object = map[string]any
	signed := func(r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t0ken" {
			t.Errorf("%s: authorization %q", r.URL.Path, r.Header.Get("Authorization"))
		}
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	handle("GET /users", 200, func(r *http.Request, _ map[string]any) any {
		if taken[r.URL.Query().Get("username")] {
			return object{"exists": true}
		}
		return object{"exists": false}
	})
	handle("POST /users", 201, func(_ *http.Request, b map[string]any) any {
		taken[b["username"].(string)] = true
		return object{"token": "t0ken", "page": server.URL + "/psp/page"}
	})
	handle("POST /psp/page", 303, func(r *http.Request, _ map[string]any) any {
		if r.FormValue("number") != "4242" {
			t.Errorf("card %q", r.FormValue("number"))
		}
		return "/3ds/1"
	})
	handle("POST /3ds/1", 303, func(*http.Request, map[string]any) any { return "http://web/back?reference=1&session_id=cs_1" })
	handle("GET /orders/{id}", 200, func(r *http.Request, _ map[string]any) any {
		signed(r)
		reads++
		if reads < 3 {
			return object{"status": "paid"}
		}
		return object{"status": "delivered", "lines": []any{object{"id": r.PathValue("id")}}}
	})
	return server, &asked
}

func example(server string) Collection {
	get := func(name, path string, s Step) Item {
		return scripted(Item{Name: name, Turnup: &s, Request: &Request{Method: "GET", URL: URL{Raw: "{{baseUrl}}" + path, Host: []string{"{{baseUrl}}"}, Variable: []KeyValue{{Key: "id", Value: "{{sessionId}}"}}},
			Header: []KeyValue{{Key: "X-Off", Value: "1", Disabled: true}}}})
	}
	register := scripted(Item{Name: "register", Turnup: &Step{Status: 201, Save: []Save{{Variable: "token", Path: "$.token"}, {Variable: "page", Path: "$.page"},
		{Variable: "psp", Path: "$.page", Match: "^(https?://[^/]+)/"}}},
		Request: &Request{Method: "POST", URL: URL{Raw: "{{baseUrl}}/users", Host: []string{"{{baseUrl}}"}}, Auth: &Auth{Type: "noauth"},
			Header: []KeyValue{{Key: "Idempotency-Key", Value: "{{$guid}}"}, {Key: "Content-Type", Value: "application/json"}}, Body: jsonBody(map[string]any{"username": "{{username}}"})}})
	return Collection{Auth: bearer("{{token}}"), Variable: []Variable{{Key: "baseUrl", Value: server}, {Key: "token", Value: ""}}, Item: []Item{
		{Name: "other", Item: []Item{get("never", "/never", Step{Status: 200})}},
		{Name: Purchase, Item: []Item{
			get("free", "/users?username={{username}}", Step{Status: 200, Set: []Set{{"username", "u-{{$guid}}"}}, Expect: []Expect{{"$.exists", "false"}}}),
			register,
			form("card", "{{page}}", []KeyValue{{Key: "number", Value: "4242"}}, Step{Save: []Save{{Variable: "next", Header: "Location", Match: "^(/3ds/.+)$"}}}),
			form("bank", "{{psp}}{{next}}", []KeyValue{{Key: "result", Value: "succeeded"}}, Step{Save: []Save{{Variable: "sessionId", Header: "Location", Match: "[?&]session_id=([^&]+)"}}}),
			get("wait", "/orders/:id", Step{Status: 200, Poll: &Poll{Expect: Expect{"$.status", "delivered"}, Times: 5, EveryMS: 1}, Expect: []Expect{{"$.lines[0].id", "{{sessionId}}"}}}),
			get("taken", "/users?username={{username}}", Step{Status: 200, Expect: []Expect{{"$.exists", "true"}}}),
		}},
	}}
}

// S0-57: the runner sends what Postman would, in order, with its variables.
func TestRun(t *testing.T) {
	server, asked := fake(t)
	c := example(server.URL)
	vars, err := Runner{}.Run(context.Background(), c, Purchase)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^u-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(vars["username"]) || vars["sessionId"] != "cs_1" {
		t.Errorf("variables %v", vars)
	}
	want := "GET /users,POST /users,POST /psp/page,POST /3ds/1,GET /orders/cs_1,GET /orders/cs_1,GET /orders/cs_1,GET /users"
	if got := strings.Join(*asked, ","); got != want {
		t.Errorf("asked %s", got)
	}
}

// A purchase that does not go as it should is a failure of the run, at the step where it went wrong.
func TestRunFails(t *testing.T) {
	for name, change := range map[string]func(*Collection){
		"card: answered":    func(c *Collection) { c.Item[1].Item[2].Turnup.Status = 200 },
		"free: $.exists is": func(c *Collection) { c.Item[1].Item[0].Turnup.Expect[0].Equals = "true" },
		"bank: \"http":      func(c *Collection) { c.Item[1].Item[3].Turnup.Save[0].Match = "nothing=(.+)" },
		"wait: $.status is": func(c *Collection) { c.Item[1].Item[4].Turnup.Poll.Times = 1 },
		"register: there":   func(c *Collection) { c.Item[1].Item[1].Turnup.Save[0].Path = "$.a[0].b" },
		"there is no":       func(c *Collection) { c.Item = c.Item[:1] },
	} {
		t.Run(name, func(t *testing.T) {
			server, _ := fake(t)
			c := example(server.URL)
			change(&c)
			if _, err := (Runner{}).Run(context.Background(), c, Purchase); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%v", err)
			}
		})
	}
}

// S0-57: what the package makes is what Postman's format describes.
func TestItemsAreWellFormed(t *testing.T) {
	names := map[string]bool{}
	c := Generate(reference.Document())
	for _, it := range c.Item {
		wellFormed(t, it, names)
	}
	if c.Info.Schema != Schema || c.Info.Name == "" || c.Auth.Type != "bearer" || c.Auth.Bearer[0].Value != "{{token}}" {
		t.Errorf("info %+v, auth %+v", c.Info, c.Auth)
	}
	// A variable that nothing sets before it is used would go out as {{name}}.
	known := map[string]bool{"$guid": true}
	for _, v := range c.Variable {
		known[v.Key] = true
	}
	for _, it := range c.Item[0].Item {
		for _, s := range it.Turnup.Set {
			known[s.Variable] = true
		}
		raw, err := json.Marshal(it.Request)
		if err != nil {
			t.Fatal(err)
		}
		for _, used := range placeholder.FindAllStringSubmatch(string(raw), -1) {
			if !known[used[1]] {
				t.Errorf("%s uses %s, which nothing has set", it.Name, used[1])
			}
		}
		for _, s := range it.Turnup.Save {
			known[s.Variable] = true
		}
	}
}
