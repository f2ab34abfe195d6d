package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// S3-19: staff set a second factor up in the console: what is shown once is shown once, a wrong password or code is said on the form that
// asks for it, which is another attempt then, and it is given up by password and code.
func TestStaffSetASecondFactorUp(t *testing.T) {
	b := atDesk(t, map[string]string{"/auth/account": `{"email":"grace@example.com","secondFactor":{"active":false}}`,
		"/auth/enable-2fa": `{"secret":"JBSWY3DPEHPK3PXP","uri":"otpauth://totp/Demo:grace?secret=JBSWY3DPEHPK3PXP","recoveryCodes":["AAAA-BBBB"]}`})
	sends := func(status int, says string, form ...string) string {
		t.Helper()
		fields := url.Values{"attempt": {"att_1"}}
		for i := 0; i < len(form); i += 2 {
			fields.Set(form[i], form[i+1])
		}
		w := b.visit(http.MethodPost, "/console/account", fields)
		if page := w.Header().Get("Location") + w.Body.String(); w.Code != status || !strings.Contains(page, says) {
			t.Errorf("%v: %d, without %q: %s", form, w.Code, says, page)
		}
		return w.Body.String()
	}
	if w := b.visit(http.MethodGet, "/console/account", nil); !strings.Contains(w.Body.String(), "grace@example.com") || !strings.Contains(w.Body.String(), `value="begin"`) || strings.Contains(w.Body.String(), `value="disable"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.api.refused = map[string]string{"/auth/enable-2fa": "password_wrong", "/auth/confirm-2fa": "second_factor_wrong", "/auth/disable-2fa": "proof_wrong"}
	if page := sends(http.StatusUnprocessableEntity, "It is password_wrong.", "go", "begin", "password", "wrong"); strings.Contains(page, `value="att_1"`) {
		t.Error("what is sent next would be the attempt that was refused")
	}
	sends(http.StatusUnprocessableEntity, "It is second_factor_wrong.", "go", "confirm", "code", "000000")
	b.api.answers["/auth/account"] = `{"email":"grace@example.com","secondFactor":{"active":true,"recoveryCodesLeft":9}}`
	sends(http.StatusUnprocessableEntity, "It is proof_wrong.", "go", "disable", "password", "right", "code", "000000")
	b.api.refused = nil
	page := sends(http.StatusOK, "JBSW Y3DP EHPK 3PXP", "go", "begin", "password", "right")
	for _, want := range []string{`class="qr"`, "AAAA-BBBB", `value="confirm"`} {
		if !strings.Contains(page, want) {
			t.Errorf("it does not show %q: %s", want, page)
		}
	}
	sends(http.StatusSeeOther, "/console/account?done=factorOn", "go", "confirm", "code", "123 456")
	sends(http.StatusSeeOther, "/console/account?done=factorOff", "go", "disable", "password", "right", "code", "123456")
	sends(http.StatusBadRequest, "invalid_request", "go", "elsewhere")
}
