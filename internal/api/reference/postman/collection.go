// Package postman has the Postman collection (format v2.1) of the API and a small runner for it.
//
// What a request expects and keeps is declared once, in a Step. Postman runs the script made of it, Run reads the
// Step itself, so the collection can be proved against a running deployment without Postman.
package postman

// Schema is the format's name; Postman recognises a collection by it.
const Schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

// Collection is a Postman collection, as far as this API needs the format.
type Collection struct {
	Info     Info       `json:"info"`
	Item     []Item     `json:"item"`
	Auth     *Auth      `json:"auth,omitempty"`
	Variable []Variable `json:"variable,omitempty"`
}

// Info names a collection.
type Info struct {
	ID          string `json:"_postman_id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Schema      string `json:"schema"`
	Version     string `json:"version"`
}

// Item is a folder (it has items) or a request.
type Item struct {
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Item        []Item     `json:"item,omitempty"`
	Request     *Request   `json:"request,omitempty"`
	Response    []Response `json:"response,omitempty"`
	Event       []Event    `json:"event,omitempty"`
	Behaviour   *Behaviour `json:"protocolProfileBehavior,omitempty"`
	Turnup      *Step      `json:"_turnup,omitempty"`
}

// Behaviour is how Postman sends a request.
type Behaviour struct {
	FollowRedirects bool `json:"followRedirects"`
}

// Request of an item.
type Request struct {
	Method      string     `json:"method"`
	URL         URL        `json:"url"`
	Header      []KeyValue `json:"header"`
	Body        *Body      `json:"body,omitempty"`
	Auth        *Auth      `json:"auth,omitempty"`
	Description string     `json:"description,omitempty"`
}

// URL of a request; path segments such as :cartId take their value from Variable.
type URL struct {
	Raw      string     `json:"raw"`
	Host     []string   `json:"host"`
	Path     []string   `json:"path,omitempty"`
	Query    []KeyValue `json:"query,omitempty"`
	Variable []KeyValue `json:"variable,omitempty"`
}

// KeyValue is a header, a query parameter, a form field or a path variable.
type KeyValue struct {
	Key         string `json:"key"`
	Value       string `json:"value"`
	Description string `json:"description,omitempty"`
	Disabled    bool   `json:"disabled,omitempty"`
}

// Body of a request: raw JSON or a form.
type Body struct {
	Mode       string     `json:"mode"`
	Raw        string     `json:"raw,omitempty"`
	URLEncoded []KeyValue `json:"urlencoded,omitempty"`
	Options    *Options   `json:"options,omitempty"`
}

// Options tell Postman's editor the language of a raw body.
type Options struct {
	Raw struct {
		Language string `json:"language"`
	} `json:"raw"`
}

// Auth of a request or collection.
type Auth struct {
	Type   string     `json:"type"`
	Bearer []Variable `json:"bearer,omitempty"`
}

// Variable of a collection, or an attribute of Auth.
type Variable struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Type  string `json:"type,omitempty"`
}

// Response is an example of an answer.
type Response struct {
	Name            string     `json:"name"`
	OriginalRequest *Request   `json:"originalRequest,omitempty"`
	Status          string     `json:"status"`
	Code            int        `json:"code"`
	PreviewLanguage string     `json:"_postman_previewlanguage"`
	Header          []KeyValue `json:"header"`
	Body            string     `json:"body"`
}

// Event is a script: "prerequest" or "test".
type Event struct {
	Listen string `json:"listen"`
	Script Script `json:"script"`
}

// Script is JavaScript, by lines.
type Script struct {
	Type string   `json:"type"`
	Exec []string `json:"exec"`
}

// Step is what a request sets, expects and keeps. Both the script and Run do what it says.
type Step struct {
	Set    []Set    `json:"set,omitempty"`
	Status int      `json:"expectStatus"`
	Expect []Expect `json:"expect,omitempty"`
	Save   []Save   `json:"save,omitempty"`
	Poll   *Poll    `json:"poll,omitempty"`
}

// Set gives a variable a value before the request; the value may hold {{$guid}}.
type Set struct {
	Variable string `json:"variable"`
	Value    string `json:"value"`
}

// Expect compares a value of the answer's body with a text; both as text.
type Expect struct {
	Path   string `json:"path"` // $.a.b[0].c
	Equals string `json:"equals"`
}

// Save keeps a value of the answer in a variable: of the body by Path, or of a header. Match picks its first group.
type Save struct {
	Variable string `json:"variable"`
	Path     string `json:"path,omitempty"`
	Header   string `json:"header,omitempty"`
	Match    string `json:"match,omitempty"`
}

// Poll repeats the request until a value of the body is as expected.
type Poll struct {
	Expect
	Times   int `json:"times"`
	EveryMS int `json:"everyMs"`
}
