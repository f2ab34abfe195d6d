package rig

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

// Call is one request on its way through a proxy.
type Call struct {
	Name  string // DynamoDB.GetItem, AmazonSSM.GetParameters, PSP POST /v1/payment_intents
	PSP   bool
	Retry bool // the SDK sent it before
	Body  []byte
	// Request is what was asked; its body has been read.
	Request *http.Request
}

// Answer is what the cloud or the PSP answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Refused tells that the answer is an error.
func (a Answer) Refused() bool { return a.Status >= http.StatusBadRequest }

// Write passes the answer on.
func (a Answer) Write(w http.ResponseWriter) {
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}

// Forward sends a call to where it was meant to go, with the body given.
type Forward func(body []byte) (Answer, error)

// Between is what a tool does with each call: forward it or not, look at the answer, pass it on or not. An error of
// Forward means that nobody listens there.
type Between func(w http.ResponseWriter, c Call, forward Forward)

// Proxy serves a proxy in front of a base address: AWS's or the PSP's.
func Proxy(target string, psp bool, between Between) (*httptest.Server, error) {
	to, err := url.Parse(target)
	if err != nil || to.Host == "" {
		return nil, fmt.Errorf("%q is not the address of a server", target)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the function went away
		}
		between(w, Call{Name: nameOf(r, body, psp), PSP: psp, Retry: isRetry(r), Body: body, Request: r},
			func(body []byte) (Answer, error) { return send(client, r, to, body) })
	})), nil
}

// send forwards without the caller's patience: what has been sent takes effect, whether or not its sender waits.
func send(client *http.Client, r *http.Request, to *url.URL, body []byte) (Answer, error) {
	where := *to
	where.Path, where.RawQuery = strings.TrimSuffix(to.Path, "/")+r.URL.Path, r.URL.RawQuery
	out, err := http.NewRequest(r.Method, where.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	out.Header = r.Header.Clone()
	out.Header.Del("Accept-Encoding") // so that the answer can be read
	out.Header.Del("Content-Length")
	res, err := client.Do(out)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	res.Header.Del("Content-Length")
	return Answer{res.StatusCode, res.Header, answer}, err
}

// nameOf names a call. AWS's JSON protocol has the operation in a header, its query protocol in the form, and CBOR in
// the path.
func nameOf(r *http.Request, body []byte, psp bool) string {
	if psp {
		return "PSP " + r.Method + " " + r.URL.Path
	}
	if service, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		service, _, _ = strings.Cut(service, "_") // without the version: DynamoDB_20120810
		return service + "." + operation
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") != "" {
		return "Query." + form.Get("Action")
	}
	return r.Method + " " + r.URL.Path
}

// isRetry reads how often the SDK tried before: "attempt=2; max=3".
func isRetry(r *http.Request) bool {
	attempt, _, _ := strings.Cut(r.Header.Get("Amz-Sdk-Request"), ";")
	return strings.HasPrefix(attempt, "attempt=") && attempt != "attempt=1"
}
