package portal

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/boombuler/barcode/qr"

	"turnup/internal/base/fault"
	"turnup/internal/domain/account"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

func (s service) addSecondFactor() {
	s.page(web.Page{ID: "getPortalSecondFactor", Path: "/portal/security/second-factor", About: "Where a second factor is set up, or given up."}, s.showFactor)
	s.post(web.Page{ID: "sendPortalSecondFactor", Path: "/portal/security/second-factor", Faults: []*fault.Fault{account.ErrPasswordWrong, account.ErrSecondFactorActive}, About: "Shows the secret for an authenticator, as text and as a QR code, and the recovery codes, once."}, s.setUp)
	s.form(web.Page{ID: "sendPortalSecondFactorCode", Path: "/portal/security/second-factor/confirm", Faults: []*fault.Fault{account.ErrSecondFactorWrong, account.ErrSecondFactorAbsent}, About: "Confirms the authenticator by its first code."}, s.showCode, s.confirmFactor)
	s.form(web.Page{ID: "sendPortalNoSecondFactor", Path: "/portal/security/second-factor/disable", Faults: []*fault.Fault{account.ErrProofWrong, account.ErrSecondFactorAbsent}, About: "Gives the second factor up."}, s.showFactor, s.disableFactor)
}

func (sh *sheet) factorCard(by signedBy) card {
	c := card{title: sh.say("factor"), text: sh.say("factor.off"), badge: look.Entry{Cell: look.Cell{Text: sh.say("factor.isOff"), Tone: look.Warn}}, links: []link{{sh.say("factor.setUp"), sh.to("security", "second-factor"), true}}}
	if by.SecondFactor.Active {
		c.text, c.badge = sh.say("factor.on", "left", itoa(by.SecondFactor.Left)), look.Entry{Cell: look.Cell{Text: sh.say("factor.isOn"), Tone: look.Good}}
		c.links = []link{{sh.say("factor.change"), sh.to("security", "second-factor"), false}}
	}
	return c
}

func (s service) showFactor(sh *sheet) (view, error) {
	var by signedBy
	if err := sh.api.Get("/auth/account", nil, &by); err != nil {
		return view{}, err
	}
	v := view{title: sh.say("factor"), section: "security"}
	back := card{links: []link{{sh.say("back"), sh.to("security"), false}}}
	if !by.SecondFactor.Active {
		begin := sh.ask(sh.say("factor.begin"), sh.to("security", "second-factor"), sh.passwordField(web.Password, "current-password"))
		v.cards = []card{{title: sh.say("factor.setUp"), text: sh.say("factor.beginText"), forms: []form{begin}}, back}
		return v, nil
	}
	end := sh.ask(sh.say("factor.disable"), sh.to("security", "second-factor", "disable"), sh.passwordField(web.Password, "current-password"), sh.codeField())
	end.bad = true
	v.cards = []card{{title: sh.say("factor.disable"), text: sh.say("factor.disableText"), forms: []form{end}}, back}
	return v, nil
}

// setUp shows the secret and the recovery codes: they are nowhere else, so nothing leads away from here before they are seen.
func (s service) setUp(sh *sheet) (view, error) {
	var made struct {
		RecoveryCodes []string
		Secret, URI   string
	}
	err := sh.api.Post("/auth/enable-2fa", sh.key(), map[string]string{"password": sh.v.Field(web.Password)}, &made)
	if f := fault.Of(err); f != nil && correctable(f) {
		sh.refuse(f)
		return s.showFactor(sh)
	}
	if err != nil {
		return view{}, err
	}
	square, err := codeOf(made.URI)
	if err != nil {
		return view{}, err
	}
	secret := []look.Entry{{Name: sh.say("factor.secret"), Cell: look.Cell{Text: spaced(made.Secret), Code: true}}, {Name: sh.say("factor.uri"), Cell: look.Cell{Text: made.URI, Code: true}}}
	return view{title: sh.say("factor.setUp"), text: sh.say("factor.steps"), section: "security", cards: []card{
		{title: sh.say("factor.scan"), text: sh.say("factor.scanText"), inside: []templ.Component{qrCode(sh.say("factor.qr"), square), entries(secret)}},
		{title: sh.say("factor.codes"), text: sh.say("factor.codesText"), inside: []templ.Component{onceCodes(made.RecoveryCodes)}},
		sh.codeCard()}}, nil
}

func (sh *sheet) codeCard() card {
	field := sh.codeField()
	field.Hint = sh.say("factor.firstCode")
	return card{title: sh.say("factor.confirm"), forms: []form{sh.ask(sh.say("factor.confirm"), sh.to("security", "second-factor", "confirm"), field)}}
}

// showCode asks for the code again; the secret is in the authenticator by now, or the set-up begins anew.
func (s service) showCode(sh *sheet) (view, error) {
	return view{title: sh.say("factor.setUp"), section: "security", cards: []card{sh.codeCard(), {links: []link{{sh.say("factor.anew"), sh.to("security", "second-factor"), false}}}}}, nil
}

func (s service) confirmFactor(sh *sheet) (string, error) {
	return sh.done("factorOn", "security"), sh.api.Post("/auth/confirm-2fa", sh.key(), map[string]string{"code": strings.ReplaceAll(sh.v.Field("code"), " ", "")}, nil)
}

func (s service) disableFactor(sh *sheet) (string, error) {
	return sh.done("factorOff", "security"), sh.api.Post("/auth/disable-2fa", sh.key(), map[string]string{"password": sh.v.Field(web.Password), "code": sh.v.Field("code")}, nil)
}

// spaced is a secret in groups of four, to type.
func spaced(secret string) string {
	var b strings.Builder
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code is a QR code as a path of dark modules on a ground with the margin that readers need.
type code struct{ box, ground, dark string }

const margin = 4 // modules, ISO/IEC 18004

func codeOf(uri string) (code, error) {
	if _, err := url.Parse(uri); err != nil {
		return code{}, err
	}
	made, err := qr.Encode(uri, qr.M, qr.Auto)
	if err != nil {
		return code{}, err
	}
	n := made.Bounds().Dx()
	side := strconv.Itoa(n + 2*margin)
	var dark strings.Builder
	for y := range n {
		for x := range n {
			if r, _, _, _ := made.At(x, y).RGBA(); r < 0x8000 {
				dark.WriteString("M" + strconv.Itoa(x+margin) + " " + strconv.Itoa(y+margin) + "h1v1h-1z")
			}
		}
	}
	return code{"0 0 " + side + " " + side, "M0 0h" + side + "v" + side + "H0z", dark.String()}, nil
}
