package notice_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"turnup/internal/domain/notice"
)

var theme = notice.Theme{Brand: "Demo", Color: "#1f4fd8", WebURL: "https://web.example.com/"}

func zoe(language string) notice.Reader {
	return notice.Reader{Name: "Zoë Müller", Email: "zoe@example.com", Language: language}
}

func written(t *testing.T, to notice.Reader, c notice.Content) notice.Mail {
	t.Helper()
	m, err := theme.Write(to, c, "cause")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func bodies(t *testing.T, c notice.Content) map[string]string {
	t.Helper()
	m := written(t, zoe("en"), c)
	return map[string]string{"html": m.HTML, "text": m.Text}
}

var (
	links  = regexp.MustCompile(`<a href="([^"]*)"`)
	button = regexp.MustCompile(`<a href="([^"]*)" style="display:inline-block`)
	urls   = regexp.MustCompile(`https?://\S+`)
	braces = regexp.MustCompile(`[{}]`)
	hollow = regexp.MustCompile(`<(h1|p|td|th|a)( [^>]*)?></`)
)

// each writes every sample of the catalogue in every language.
func each(t *testing.T, look func(t *testing.T, m notice.Mail)) {
	t.Helper()
	for _, e := range notice.Catalogue() {
		for _, language := range notice.Languages() {
			for _, sample := range e.Samples {
				t.Run(string(e.Kind)+" "+language, func(t *testing.T) { look(t, written(t, zoe(language), sample)) })
			}
		}
	}
}

// S3-115: every mail there is has one clear action: one button, and the same address bare for who does not see buttons, in
// both parts.
func TestEachMailHasOneAction(t *testing.T) {
	each(t, func(t *testing.T, m notice.Mail) {
		buttons := button.FindAllStringSubmatch(m.HTML, -1)
		if len(buttons) != 1 {
			t.Fatalf("%d buttons", len(buttons))
		}
		to := buttons[0][1]
		pages := strings.HasPrefix(string(m.Kind), "signup-") && strings.HasPrefix(to, "https://pages.turnup.example/v1/") // of signups, which are another address
		if !pages && !strings.HasPrefix(to, "https://web.example.com/") || strings.Contains(to, ".com//") {
			t.Errorf("the button leads to %s", to)
		}
		if !strings.Contains(m.Text, ":\n"+to+"\n") || !strings.Contains(m.HTML, ">"+to+"</a>") {
			t.Errorf("the address %s is not there to copy:\n%s", to, m.Text)
		}
		for _, l := range links.FindAllStringSubmatch(m.HTML, -1) {
			if !strings.Contains(m.Text, l[1]) {
				t.Errorf("%s is in the HTML only", l[1])
			}
		}
		for _, u := range urls.FindAllString(m.Text, -1) {
			if _, err := url.Parse(u); err != nil || !strings.Contains(m.HTML, u) {
				t.Errorf("%s is in the text only: %v", u, err)
			}
		}
	})
}

// Every text is there, every placeholder has its value, and a mail says which language it is in.
func TestEachMailIsWhole(t *testing.T) {
	each(t, func(t *testing.T, m notice.Mail) {
		for part, s := range map[string]string{"subject": m.Subject, "html": m.HTML, "text": m.Text} {
			if braces.MatchString(s) || strings.TrimSpace(s) == "" || strings.Contains(s, "%!") {
				t.Errorf("%s: %s", part, s)
			}
		}
		if hollow.MatchString(m.HTML) || !strings.Contains(m.HTML, `lang="`+m.Language+`"`) {
			t.Errorf("something is empty:\n%s", m.HTML)
		}
		if strings.ContainsAny(m.Subject, "\r\n") || len(m.Subject) > 120 {
			t.Errorf("subject %q", m.Subject)
		}
		if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<style") || strings.Contains(m.HTML, "<img") {
			t.Error("not every mail program shows this")
		}
	})
}

// S3-147: the catalogue has the journey's nine mails and those that the failure scenarios add. It names each kind once, and
// each sample is of its kind.
func TestCatalogue(t *testing.T) {
	seen := map[notice.Kind]bool{}
	defer func() {
		for _, k := range []notice.Kind{"welcome", "email-verified", "service-activated", "invoice", "receipt", "payment-failed", "service-suspended", "service-resumed", "cancellation-confirmed",
			"dunning-reminder", "verification-reminder", "verification-resent", "provisioning-delay", "renewal-reminder"} {
			if !seen[k] {
				t.Errorf("there is no %s", k)
			}
		}
	}()
	for _, e := range notice.Catalogue() {
		if seen[e.Kind] || len(e.Samples) == 0 || e.To == "" {
			t.Errorf("%+v", e)
		}
		seen[e.Kind] = true
		for _, s := range e.Samples {
			if s.Kind() != e.Kind {
				t.Errorf("a sample of %s is of %s", e.Kind, s.Kind())
			}
		}
		if found, err := notice.EntryOf(e.Kind); err != nil || found.Kind != e.Kind {
			t.Errorf("%s: %v", e.Kind, err)
		}
		if button, page := e.Action(); button == "" || !strings.HasPrefix(page, "/") {
			t.Errorf("%s: %q leads to %q", e.Kind, button, page)
		}
	}
	if _, err := notice.EntryOf("unheard-of"); err == nil {
		t.Error("found")
	}
}

// S3-150: links lead to the page that is made for them, with the token that was signed for it.
func TestLinksLeadToTheirPages(t *testing.T) {
	until := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	for link, c := range map[string]notice.Content{
		"/verify-email?token=a.b-c_d":   notice.Welcome{Token: "a.b-c_d", Until: until},
		"/verify-email?token=r":         notice.VerificationReminder{Token: "r", Until: until},
		"/verify-email?token=s":         notice.VerificationResent{Token: "s", Until: until},
		"/verify-email?token=n":         notice.VerificationRenewed{Token: "n", Until: until},
		"/profile":                      notice.EmailVerified{},
		"/reset-password?token=p":       notice.PasswordReset{Token: "p", Until: until},
		"/confirm-email?token=e":        notice.EmailChange{Token: "e", Until: until},
		"/invitation?token=i":           notice.Invitation{Token: "i", Until: until},
		"/service-credentials?token=f":  notice.ServiceActivated{Token: "f", Until: until, Username: "ada", Service: "Fibre"},
		"/tickets/tic_1":                notice.TicketAnswered{Ticket: "tic_1"},
		"/tickets/..%2Fadmin%3Fx=1%23y": notice.TicketOpened{Ticket: "../admin?x=1#y"},
		"/forgot-password":              notice.PasswordChanged{At: until},
		"/support":                      notice.EmailChanged{At: until},
	} {
		m := written(t, zoe("en"), c)
		if !strings.Contains(m.Text, "\nhttps://web.example.com"+link+"\n") {
			t.Errorf("%s does not lead to %s:\n%s", c.Kind(), link, m.Text)
		}
		if strings.Contains(link, "token") && !strings.Contains(m.Text, "3 November 2026, 12:00 UTC") {
			t.Errorf("%s does not say until when:\n%s", c.Kind(), m.Text)
		}
	}
}

// Who reads a notice about the safety of their account learns what to do when it was not them.
func TestSecurityNoticesSayWhatToDo(t *testing.T) {
	at := time.Date(2026, 11, 2, 12, 5, 0, 0, time.UTC)
	for _, c := range []notice.Content{notice.PasswordReset{Token: "t", Until: at}, notice.PasswordChanged{At: at}, notice.EmailChange{Token: "t", Until: at}, notice.EmailChanged{At: at},
		notice.SecondFactorEnabled{At: at}, notice.SecondFactorDisabled{At: at}, notice.SecondFactorDisabled{At: at, ByStaff: true}} {
		for language, words := range map[string][]string{"en": {"not you", "did not ask"}, "de": {"nicht Sie", "Sie das nicht waren", "Sie es nicht waren", "Wenn nicht", "nicht darum gebeten"}} {
			text, found := written(t, zoe(language), c).Text, false
			for _, w := range words {
				found = found || strings.Contains(text, w)
			}
			if !found {
				t.Errorf("%s in %s does not say what to do when it was somebody else:\n%s", c.Kind(), language, text)
			}
		}
	}
}

// Names come from customers and operators: they are text, never markup. The text part shows them as they are.
func TestNamesAreEscaped(t *testing.T) {
	const evil = `<script>alert("x")</script>&'{until}`
	r := receipt()
	r.Lines[0].Name, r.PaidWith = evil, evil
	look := theme
	look.Brand = evil
	for _, c := range []notice.Content{r, notice.ServiceActivated{Service: evil, Username: evil}, notice.Invoice{Number: evil}} {
		m, err := look.Write(notice.Reader{Name: evil, Email: "zoe@example.com"}, c, "cause")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(m.HTML, "<script") || !strings.Contains(m.HTML, "&lt;script&gt;") {
			t.Errorf("not escaped:\n%s", m.HTML)
		}
		if !strings.Contains(m.Text, evil) {
			t.Errorf("not as it was in the text:\n%s", m.Text)
		}
	}
}

// The same cause gives the same key, another one another: the mailer relies on it.
func TestKeyNamesTheMail(t *testing.T) {
	key := func(name, about string) string {
		m, err := theme.Write(notice.Reader{Name: name, Email: "zoe@example.com"}, receipt(), about)
		if err != nil {
			t.Fatal(err)
		}
		return m.Key
	}
	if key("Ada", "ord_1") != "receipt.ord_1" || key("Ada", "ord_1") != key("Zoë", "ord_1") || key("Ada", "ord_1") == key("Ada", "ord_2") {
		t.Error(key("Ada", "ord_1"))
	}
}

// A button can be read on any colour.
func TestButtonCanBeRead(t *testing.T) {
	for color, ink := range map[string]string{"#1f4fd8": "#ffffff", "#000000": "#ffffff", "#ffffff": "#1b1f24", "#ffd400": "#1b1f24", "#7cfc00": "#1b1f24", "#8b0000": "#ffffff", "odd": "#ffffff"} {
		look := theme
		look.Color = color
		m, err := look.Write(zoe("en"), notice.ServiceResumed{Service: "Fibre"}, "cause")
		if err != nil || !strings.Contains(m.HTML, `bgcolor="`+color+`"`) || !strings.Contains(m.HTML, "padding:12px 24px;color:"+ink) {
			t.Errorf("%s: not with %s, %v", color, ink, err)
		}
	}
}
