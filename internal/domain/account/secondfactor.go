package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"turnup/internal/base/fault"
)

// The faults of second factors.
var (
	ErrSecondFactorRequired = fault.New(fault.Unauthenticated, "second_factor_required", "Please enter the code of your authenticator, or one of your recovery codes.", "customer")
	ErrSecondFactorWrong    = fault.New(fault.Unauthenticated, "second_factor_wrong", "This code is not right, or was used before. Please enter the newest one.", "customer")
	ErrSecondFactorActive   = fault.New(fault.Conflict, "second_factor_active", "Your sign-in asks for a code already. To set it up anew, switch it off first.", "customer")
	ErrSecondFactorAbsent   = fault.New(fault.Conflict, "second_factor_absent", "There is no second factor to confirm or to switch off. Please begin its set-up, with a new key.", "customer")
)

// What every authenticator app does unless told otherwise (RFC 6238 over RFC 4226 with SHA-1).
const (
	codeStep   = 30 // seconds
	codeDigits = otp.DigitsSix
	codeDrift  = 1 // steps by which the clocks of phone and server may differ, either way
)

// RecoveryCodes is how many recovery codes a second factor has.
const RecoveryCodes = 10

var unpadded = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecondFactor makes one with a secret of 160 bits (RFC 4226, section 4). It counts once it is confirmed.
func NewSecondFactor() SecondFactor {
	secret := make([]byte, 20)
	_, _ = rand.Read(secret) // never fails
	return SecondFactor{Secret: unpadded.EncodeToString(secret)}
}

// Use accepts a code of the authenticator or a recovery code, and gives the second factor as it is to be kept: whoever
// keeps it under the version that was read makes sure that no code is good twice. now is the system's time, also of accounts
// that live by a test clock: authenticators do not.
func (f SecondFactor) Use(code string, now time.Time) (SecondFactor, error) {
	code = normaliseCode(code)
	if code == "" {
		return f, ErrSecondFactorRequired
	}
	if step, ok := f.stepOf(code, now); ok {
		f.Step = step
		return f, nil
	}
	if n, ok := f.recoveryOf(code); ok {
		f.Recovered = append(slices.Clone(f.Recovered), n)
		return f, nil
	}
	return f, ErrSecondFactorWrong
}

// Confirm accepts the first code of the authenticator; from then on the second factor is active. A recovery code does not
// show that the authenticator works.
func (f SecondFactor) Confirm(code string, now time.Time) (SecondFactor, error) {
	step, ok := f.stepOf(normaliseCode(code), now)
	if !ok {
		return f, ErrSecondFactorWrong
	}
	f.Step, f.ConfirmedAt = step, now
	return f, nil
}

// stepOf finds the time step that a code belongs to, among those around now that come after the last one accepted.
func (f SecondFactor) stepOf(code string, now time.Time) (int64, bool) {
	at, found := now.Unix()/codeStep, int64(0)
	for step := at + codeDrift; step >= at-codeDrift; step-- { // all of them, so that the time says nothing; the earliest wins
		right, err := hotp.ValidateCustom(code, uint64(step), f.Secret, hotp.ValidateOpts{Digits: codeDigits, Algorithm: otp.AlgorithmSHA1})
		if err == nil && right && step > f.Step {
			found = step
		}
	}
	return found, found != 0
}

// recoveryOf finds which of the unused recovery codes a code is.
func (f SecondFactor) recoveryOf(code string) (int, bool) {
	found := -1
	for n := range RecoveryCodes {
		if subtle.ConstantTimeCompare([]byte(f.recovery(n)), []byte(code)) == 1 && !slices.Contains(f.Recovered, n) {
			found = n
		}
	}
	return found, found >= 0
}

// recovery derives a recovery code of 80 bits from the secret, so that no code is kept anywhere.
func (f SecondFactor) recovery(n int) string { return f.derive(fmt.Sprintf("recovery code %d", n)) }

// name tells one set-up from another, without its secret.
func (f SecondFactor) name() string { return f.derive("name") }

func (f SecondFactor) derive(what string) string {
	mac := hmac.New(sha256.New, []byte(f.Secret))
	mac.Write([]byte(what))
	return unpadded.EncodeToString(mac.Sum(nil)[:10])
}

// Recovery lists all recovery codes as people read them: ABCD-EFGH-IJKL-MNOP.
func (f SecondFactor) Recovery() []string {
	codes := make([]string, RecoveryCodes)
	for n := range codes {
		c := f.recovery(n)
		codes[n] = strings.Join([]string{c[:4], c[4:8], c[8:12], c[12:]}, "-")
	}
	return codes
}

// RecoveryLeft is how many recovery codes are unused.
func (f *SecondFactor) RecoveryLeft() int {
	if !f.Active() {
		return 0
	}
	return RecoveryCodes - len(f.Recovered)
}

// normaliseCode takes away what people put between the parts of a code, and case. The alphabet of recovery codes has no 0, 1
// and 8, so that whoever reads one of them meant a letter; codes of authenticators are digits only.
func normaliseCode(code string) string {
	code = strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.ToUpper(code))
	if len(code) == codeDigits.Length() {
		return code
	}
	return strings.NewReplacer("0", "O", "1", "I", "8", "B").Replace(code)
}
