// Package factor is the second factor of who is signed in, for every site of pages: its words, what is shown once while it is set up, and
// the calls of the API. How it stands on a page, in which cards and with which forms, is the site's.
package factor

import (
	"embed"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/boombuler/barcode/qr"

	"turnup/internal/base/fault"
	"turnup/internal/base/language"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

// Words are what is said of it in one language.
type Words struct {
	Title, Off, On, IsOff, IsOn                              string // On has {left} in it
	SetUp, Change, Begin, BeginText, Disable, DisableText    string
	Steps, Scan, ScanText, QR, Secret, URI, Codes, CodesText string
	Confirm, Password, Code, CodeHint, FirstCode, Anew       string
}

//go:embed languages/*.json
var files embed.FS

var shipped = language.Shipped[Words](files)

// In are the words in the language that suits a tag.
func In(tag string) Words { return shipped()[language.Match(tag, shipped())] }

// State is how it stands, as getAccount tells.
type State struct {
	Active bool `json:"active"`
	Left   int  `json:"recoveryCodesLeft"`
}

// Badge says whether it is on, and Text what that means.
func (w Words) Badge(s State) look.Cell {
	if s.Active {
		return look.Cell{Text: w.IsOn, Tone: look.Good}
	}
	return look.Cell{Text: w.IsOff, Tone: look.Warn}
}

// Text says what protects the account.
func (w Words) Text(s State) string {
	if s.Active {
		return look.Fill(w.On, "{left}", strconv.Itoa(s.Left))
	}
	return w.Off
}

// Ask is the field for the present password.
func (w Words) Ask() look.Field {
	return look.Field{Name: web.Password, Label: w.Password, Type: "password", Complete: "current-password", Max: 128}
}

// AskCode is the field for a code, of which hint says where it comes from.
func (w Words) AskCode(hint string) look.Field {
	return look.Field{Name: "code", Label: w.Code, Hint: hint, Complete: "one-time-code", Mode: "numeric", Max: 40}
}

// Made is what an authenticator is set up with. It is shown once.
type Made struct {
	Secret, URI   string
	RecoveryCodes []string
}

// Enable begins the set-up. Nothing changes before Confirm has seen a code.
func Enable(v *web.Visit, c session.Caller) (made Made, err error) {
	err = c.Post("/auth/enable-2fa", v.Field("attempt"), map[string]string{"password": v.Field(web.Password)}, &made)
	return made, err
}

// Confirm switches it on, by the authenticator's first code, which people type with its blank.
func Confirm(v *web.Visit, c session.Caller) error {
	return c.Post("/auth/confirm-2fa", v.Field("attempt"), map[string]string{"code": strings.ReplaceAll(v.Field("code"), " ", "")}, nil)
}

// Disable gives it up.
func Disable(v *web.Visit, c session.Caller) error {
	return c.Post("/auth/disable-2fa", v.Field("attempt"), map[string]string{"password": v.Field(web.Password), "code": v.Field("code")}, nil)
}

// Wrong tells that what was to prove who somebody is was wrong, in a session that goes on: the form is shown again.
func Wrong(f *fault.Fault) bool {
	return slices.Contains([]string{"password_wrong", "proof_wrong", "second_factor_wrong"}, f.Code)
}

// Step is a part of the set-up's page.
type Step struct {
	Title, Text string
	Inside      []templ.Component
}

// Shown are the steps before the code: the secret, as a picture and as text, and the recovery codes. They are nowhere else, so nothing may
// lead away from the page before they are seen.
func (w Words) Shown(m Made) ([]Step, error) {
	square, err := codeOf(m.URI)
	if err != nil {
		return nil, err
	}
	secret := []look.Entry{{Name: w.Secret, Cell: look.Cell{Text: spaced(m.Secret), Code: true}}, {Name: w.URI, Cell: look.Cell{Text: m.URI, Code: true}}}
	return []Step{{w.Scan, w.ScanText, []templ.Component{qrCode(w.QR, square), look.Entries(secret)}}, {w.Codes, w.CodesText, []templ.Component{onceCodes(m.RecoveryCodes)}}}, nil
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
