package portal

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"turnup/internal/base/fault"
	"turnup/internal/domain/account"
	"turnup/internal/platform/web/factor"
)

// A second factor's secret is shown once, as a picture to scan and as text, with the recovery codes, and leads on to its first code.
func TestSecondFactorIsShown(t *testing.T) {
	b := open(t, map[string]string{"GET /auth/account": `{}`, "POST /auth/confirm-2fa": `{}`,
		"POST /auth/enable-2fa": `{"secret":"JBSWY3DPEHPK3PXP","uri":"otpauth://totp/Demo:ada?secret=JBSWY3DPEHPK3PXP&issuer=Demo","recoveryCodes":["AAAA-BBBB","CCCC-DDDD"]}`})
	w := b.visit("POST", "/portal/security/second-factor", url.Values{"attempt": {"att_1"}, "password": {"right"}})
	for _, want := range []string{"JBSW Y3DP EHPK 3PXP", "otpauth://totp/Demo:ada?secret=JBSWY3DPEHPK3PXP&amp;issuer=Demo", `<svg class="qr" role="img"`, "M4 4h1v1h-1z", "AAAA-BBBB", "CCCC-DDDD", `name="code"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d: it does not show %q", w.Code, want)
		}
	}
	if w.Header().Get("Cache-Control") != "no-store" || strings.Contains(w.Body.String(), "style=") {
		t.Error("it may be kept, or has styles of its own")
	}
	if w := b.visit("POST", "/portal/security/second-factor/confirm", url.Values{"attempt": {"att_2"}, "code": {"123 456"}}); w.Header().Get("Location") != "https://isp.example/v1/portal/security?done=factorOn" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
}

// A code that is wrong is said where it is asked for: the set-up is not lost. What is wrong by its code is so by the rules of accounts.
func TestWrongProofsAreCorrected(t *testing.T) {
	b := open(t, map[string]string{"GET /auth/account": `{}`})
	b.api.refused = map[string]string{"/auth/confirm-2fa": account.ErrSecondFactorWrong.Code}
	if w := b.visit("POST", "/portal/security/second-factor/confirm", url.Values{"attempt": {"att_1"}, "code": {"000000"}}); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "This code is not right") || !strings.Contains(w.Body.String(), `name="code"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, f := range []*fault.Fault{account.ErrPasswordWrong, account.ErrProofWrong, account.ErrSecondFactorWrong} {
		if !factor.Wrong(f) {
			t.Errorf("%s is not known", f.Code)
		}
	}
}

// Who comes by the link of a mail goes on to sign in; nothing is done before they press the button.
func TestLinksOfMails(t *testing.T) {
	b := open(t, map[string]string{"POST /auth/verify-email": `{}`, "POST /auth/confirm-email": `{}`, "POST /auth/reset-password": `{}`, "POST /auth/forgot-password": `{}`, "POST /auth/resend-verification": `{}`})
	for path, leads := range map[string]string{"verify-email": "profile?done=verified", "confirm-email": "sign-in?done=confirmed", "reset-password": "sign-in?done=reset"} {
		b.api.asked = nil
		if w := b.visit("GET", "/portal/"+path+"?token=tok", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `name="token" value="tok"`) || len(b.api.asked) != 0 {
			t.Errorf("%s: %d, asked %v", path, w.Code, b.api.asked)
		}
		if w := b.visit("POST", "/portal/"+path, url.Values{"attempt": {"att_1"}, "token": {"tok"}, "newPassword": {"staple horse"}}); w.Header().Get("Location") != "https://isp.example/v1/portal/"+leads {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Location"))
		}
	}
	for path, leads := range map[string]string{"account": "", "support": "/tickets/new", "feedback/sub_1": "/tickets/new?about=feedback"} {
		if w := b.visit("GET", "/portal/"+path, nil); w.Header().Get("Location") != "https://isp.example/v1/portal"+leads {
			t.Errorf("%s leads to %s", path, w.Header().Get("Location"))
		}
	}
}
