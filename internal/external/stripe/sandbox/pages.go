package sandbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

//go:embed templates/*.html
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{"grouped": grouped}).ParseFS(templateFiles, "templates/*.html"))

// grouped writes a card number in fours, to be read and copied.
func grouped(number string) string {
	var parts []string
	for len(number) > 4 {
		parts, number = append(parts, number[:4]), number[4:]
	}
	return strings.Join(append(parts, number), " ")
}

// cardRow is a test card as the pages list it.
type cardRow struct{ Number, Brand, Note string }

func cardRows() []cardRow {
	rows := make([]cardRow, len(testCards))
	for i := range testCards {
		rows[i] = cardRow{Number: testCards[i].number, Brand: testCards[i].card(1, 1).Brand, Note: testCards[i].note}
	}
	return rows
}

// view is everything a template may show.
type view struct {
	Title, Heading, Message, Error, Holder string
	Action, Link, LinkText                 string
	Amount                                 string
	Items                                  []string
	Form, Challenge, Index                 bool
	Cards                                  []cardRow
}

func draw(status int, v view) *response {
	v.Cards = cardRows()
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "page.html", v); err != nil {
		return textResponse(http.StatusInternalServerError, "The page could not be drawn: "+err.Error())
	}
	r := &response{status: status, header: http.Header{}, body: b.Bytes()}
	r.header.Set("Content-Type", "text/html; charset=utf-8")
	r.header.Set("Cache-Control", "no-store")
	r.header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
	r.header.Set("Referrer-Policy", "no-referrer")
	return r
}

// redirect sends the browser on by GET.
func redirect(to string) *response {
	r := &response{status: http.StatusSeeOther, header: http.Header{}}
	r.header.Set("Location", to)
	return r
}

func textResponse(status int, message string) *response {
	r := &response{status: status, header: http.Header{}, body: []byte(message + "\n")}
	r.header.Set("Content-Type", "text/plain; charset=utf-8")
	return r
}

// page serves what people see; nil when the path is none of the pages.
func (s *Server) page(r *http.Request, form url.Values) *response {
	o := s.op(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	o.now, o.st = s.now(), s.st
	kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.URL.Path == "/" && r.Method == http.MethodGet {
		return draw(http.StatusOK, view{Title: "Stripe sandbox", Heading: "Stripe sandbox", Index: true})
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return textResponse(http.StatusMethodNotAllowed, "Method not allowed.")
	}
	var answer *response
	switch kind {
	case "c":
		answer = o.checkoutPage(r.Method, strings.TrimPrefix(id, "pay/"), form)
	case "3ds":
		answer = o.challengePage(r.Method, id, form)
	default:
		return textResponse(http.StatusNotFound, "There is no such page.")
	}
	s.changed()
	return answer
}

func notice(status int, heading, message, link, text string) *response {
	return draw(status, view{Title: heading, Heading: heading, Message: message, Link: link, LinkText: text})
}

func (o *op) checkoutPage(method, id string, form url.Values) *response {
	s, e := o.session(id)
	if e != nil {
		return notice(http.StatusNotFound, "Page not found", "There is no checkout at this address.", "", "")
	}
	switch s.Status {
	case complete:
		heading, message := "All done here", "This checkout was completed already. Nothing more is needed."
		if s.Mode == modePayment {
			heading, message = "Paid already", money(s.Amount, s.Currency)+" was paid here. You are not charged again; nothing more is needed."
		}
		return notice(http.StatusOK, heading, message, s.success(), "Return to the site")
	case expired:
		return notice(http.StatusGone, "This checkout has expired", "No card was saved and nothing was paid here. Go back and start again.", s.CancelURL, "Return to the site")
	}
	if method == http.MethodGet {
		return o.drawCheckout(s, http.StatusOK, o.lastMessage(s), "")
	}
	to, e := o.pay(s, form)
	if e != nil {
		return o.drawCheckout(s, pageStatus(e), e.Message, form.Get("name"))
	}
	return redirect(to)
}

func (o *op) drawCheckout(s *session, status int, message, holder string) *response {
	v := view{Title: "Save your card", Heading: "Save your card for later payments", Form: true, Error: message, Holder: holder,
		Action: "/c/pay/" + s.ID, Link: s.CancelURL, LinkText: "Cancel and return"}
	if s.Mode == modePayment {
		v.Amount = money(s.Amount, s.Currency)
		v.Title, v.Heading = "Pay "+v.Amount, "Pay "+v.Amount
		for _, it := range s.Items {
			v.Items = append(v.Items, it.Name+" — "+money(it.Amount*it.Quantity, s.Currency))
		}
	}
	return draw(status, v)
}

func (o *op) challengePage(method, id string, form url.Values) *response {
	gone := func() *response {
		return notice(http.StatusGone, "This authentication is over", "It was answered already, or a newer attempt has taken its place.", "", "")
	}
	in := o.challenged(id)
	if in == nil {
		return gone()
	}
	if s := o.st.Sessions.Rows[in.Session]; s != nil && o.expireIfDue(s) {
		return gone()
	}
	v := view{Title: "Authenticate", Heading: "Your bank asks: is it you?", Action: "/3ds/" + id, Challenge: true}
	if method == http.MethodGet {
		return draw(http.StatusOK, v)
	}
	result := form.Get("result")
	if result != "succeeded" && result != "failed" {
		v.Error = "Choose one of the two buttons."
		return draw(http.StatusBadRequest, v)
	}
	to, ok := o.authenticate(id, result == "succeeded")
	switch {
	case !ok:
		return gone()
	case to == "":
		return notice(http.StatusOK, "Thank you", "You can close this page.", "", "")
	}
	return redirect(to)
}

// challenged finds the intent an open challenge belongs to.
func (o *op) challenged(id string) *intent {
	intentID := o.st.Challenges[id]
	if si := o.st.SetupIntents.Rows[intentID]; si != nil {
		return &si.intent
	}
	if pi := o.st.PaymentIntents.Rows[intentID]; pi != nil {
		return &pi.intent
	}
	return nil
}
