package selfservice

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/account"
	"turnup/internal/platform/rest"
)

type enableInput struct {
	Body enabling
}

type enabling struct {
	Password string `json:"password" minLength:"1" maxLength:"128" doc:"The present one" example:"correct horse battery"`
}

type setup struct {
	Secret        string   `json:"secret" doc:"For authenticators that cannot read the URI: base32" example:"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"`
	URI           string   `json:"uri" doc:"To show as a QR code, or to open on a phone" example:"otpauth://totp/Turnup:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Turnup&algorithm=SHA1&digits=6&period=30"`
	RecoveryCodes []string `json:"recoveryCodes" nullable:"false" doc:"Each signs in once instead of a code. Show them now: they are not shown again" example:"[\"ABCD-EFGH-IJKL-MNOP\"]"`
}

type enableOutput struct {
	Body setup
}

type confirmInput struct {
	Body confirming
}

type confirming struct {
	Code string `json:"code" minLength:"1" maxLength:"40" doc:"What the authenticator shows" example:"287082"`
}

type disableInput struct {
	Body disabling
}

type disabling struct {
	Password string `json:"password" minLength:"1" maxLength:"128" doc:"The present one" example:"correct horse battery"`
	Code     string `json:"code" minLength:"1" maxLength:"40" doc:"What the authenticator shows, or a recovery code" example:"287082"`
}

func (s service) registerSecondFactor(a *rest.API) {
	example := account.SecondFactor{Secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}
	rest.Register(a, proving(rest.Op{
		ID: "enableSecondFactor", Path: "/auth/enable-2fa",
		Summary: "Set up a second factor",
		About: "Gives a secret for an authenticator app (time-based one-time codes, RFC 6238: SHA-1, 6 digits, 30 seconds) and ten recovery codes. Nothing changes before confirmSecondFactor has seen a right code. " +
			"Beginning anew with another key replaces what was begun; a repetition is answered as the first time until it is confirmed or replaced.",
		Faults:  []*fault.Fault{account.ErrPasswordWrong, account.ErrSecondFactorActive, account.ErrSecondFactorAbsent},
		Request: enabling{Password: "correct horse battery"},
		Answer:  setup{Secret: example.Secret, URI: authenticatorURI("Turnup", "ada@example.com", example.Secret), RecoveryCodes: example.Recovery()},
	}), s.enableSecondFactor)
	rest.Register(a, proving(rest.Op{
		ID: "confirmSecondFactor", Path: "/auth/confirm-2fa", Status: http.StatusNoContent,
		Summary: "Confirm a second factor",
		About:   "From the first right code of the authenticator on, sign-in asks for one. Each code is good once, this one too.",
		Faults:  []*fault.Fault{account.ErrProofWrong, account.ErrSecondFactorActive, account.ErrSecondFactorAbsent},
		Events:  []string{string(event.TypeSecondFactorEnabled)},
		Request: confirming{Code: "287082"},
	}), func(ctx context.Context, in *confirmInput) (*struct{}, error) {
		// The code may be kept with the key: once there is something to keep it is used up.
		return nil, s.Security.ConfirmSecondFactor(ctx, proven(ctx, "confirmSecondFactor", in.Body.Code, "", in.Body.Code))
	})
	rest.Register(a, proving(rest.Op{
		ID: "disableSecondFactor", Path: "/auth/disable-2fa", Status: http.StatusNoContent,
		Summary: "Give up the second factor",
		About:   "Asks for the password and a code at once, and does not say which of them was wrong. Who lost authenticator and recovery codes asks support.",
		Faults:  []*fault.Fault{account.ErrProofWrong, account.ErrSecondFactorAbsent},
		Events:  []string{string(event.TypeSecondFactorDisabled)},
		Request: disabling{Password: "correct horse battery", Code: "287082"},
	}), func(ctx context.Context, in *disableInput) (*struct{}, error) {
		return nil, s.Security.DisableSecondFactor(ctx, proven(ctx, "disableSecondFactor", in.Body.Code, in.Body.Password, in.Body.Code)) // as above
	})
}

func (s service) enableSecondFactor(ctx context.Context, in *enableInput) (*enableOutput, error) {
	o, err := s.Security.EnableSecondFactor(ctx, proven(ctx, "enableSecondFactor", nil, in.Body.Password, ""))
	if err != nil {
		return nil, err
	}
	f := o.Credentials.SecondFactor
	return &enableOutput{setup{Secret: f.Secret, URI: authenticatorURI(s.Brand, o.Customer.Email, f.Secret), RecoveryCodes: f.Recovery()}}, nil
}

// authenticatorURI is the key URI that authenticators read. Algorithm, digits and period are what they assume.
func authenticatorURI(brand, name, secret string) string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") } // not all of them read the plus sign
	return "otpauth://totp/" + escape(brand) + ":" + escape(name) + "?secret=" + secret + "&issuer=" + escape(brand) + "&algorithm=SHA1&digits=6&period=30"
}
