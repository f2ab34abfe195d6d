package portal

import (
	"encoding/json"
	"strconv"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web"
)

// errand is something that the bank may want the customer for: the API is asked again, for the same thing under the same key, when they are
// back. Meanwhile their browser remembers it.
type errand struct {
	Path string            `json:"p"`
	Key  string            `json:"k"`
	Body map[string]string `json:"b"`
	To   string            `json:"t"` // where it ends
	Done string            `json:"d"` // what is said there
}

const (
	errandCookie = "portal-errand"
	errandKept   = time.Hour // the page of a bank is not open longer
)

func (s service) addErrands() {
	s.page(web.Page{ID: "returnToPortal", Path: "/portal/return", About: "Where the customer comes back to from the page of their bank."}, s.showReturn)
}

// begin asks for it, and leads to the bank when that is wanted.
func (sh *sheet) begin(e errand) (string, error) {
	status, redirect, err := sh.run(e)
	if err != nil || redirect == "" {
		return e.To + "?done=" + e.Done + "." + status, err
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return "", err
	}
	return redirect, sh.v.Remember(errandCookie, string(raw), errandKept)
}

func (sh *sheet) run(e errand) (status, redirect string, err error) {
	var is struct{ Status, RedirectURL string }
	err = sh.api.Post(e.Path, e.Key, e.Body, &is)
	return is.Status, is.RedirectURL, err
}

// showReturn asks again. What it says is what became of it.
func (s service) showReturn(sh *sheet) (view, error) {
	var e errand
	if json.Unmarshal([]byte(sh.v.Cookie(errandCookie)), &e) != nil {
		return view{title: sh.say("return.none"), text: sh.say("return.noneText"), cards: []card{{links: []link{{sh.say("nav."), sh.to(), true}}}}}, nil
	}
	on := link{sh.say("continue"), e.To, true}
	status, redirect, err := sh.run(e)
	switch f := fault.Of(err); {
	case f != nil && f.Kind == fault.Unavailable:
		return view{title: sh.say("return.wait"), text: sh.say("return.waitText"), cards: []card{{links: []link{{sh.say("look"), sh.to("return"), true}, {on.name, on.address, false}}}}}, nil
	case f != nil && correctable(f):
		sh.v.Forget(errandCookie)
		sh.refuse(f)
		return view{title: sh.say("return.refused"), text: sh.say("return.refusedText"), cards: []card{{links: []link{on}}}}, nil
	case err != nil:
		return view{}, err
	case redirect != "":
		return view{title: sh.say("return.open"), text: sh.say("return.openText"), cards: []card{{links: []link{{sh.say("return.bank"), redirect, true}, {on.name, on.address, false}}}}}, nil
	}
	sh.v.Forget(errandCookie)
	return view{title: sh.say("return.done"), text: sh.say("done." + e.Done + "." + status), cards: []card{{links: []link{on}}}}, nil
}

func itoa(n int) string { return strconv.Itoa(n) }
