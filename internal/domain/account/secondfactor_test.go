package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"turnup/internal/domain/account"
)

// codeAt is what an authenticator shows.
func codeAt(t *testing.T, f account.SecondFactor, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(f.Secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// S3-19: the codes are those of RFC 6238, appendix B (SHA-1, the last six of its eight digits).
func TestCodesOfTheStandard(t *testing.T) {
	f := account.SecondFactor{Secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"} // 12345678901234567890
	for seconds, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got, err := f.Use(code, time.Unix(seconds, 0)); err != nil || got.Step != seconds/30 {
			t.Errorf("%d: %v, step %d", seconds, err, got.Step)
		}
	}
}

// X5: a code is good for its step and one step either way, and never again; nor is any code of an earlier step.
func TestEachCodeOnce(t *testing.T) {
	f := account.NewSecondFactor()
	for shift := -3; shift <= 3; shift++ {
		at := noon.Add(time.Duration(shift) * 30 * time.Second)
		used, err := f.Use(codeAt(t, f, at), noon)
		if good := shift >= -1 && shift <= 1; good != (err == nil) || !good && !errors.Is(err, account.ErrSecondFactorWrong) {
			t.Errorf("a code of %d steps: %v", shift, err)
		}
		if err != nil {
			continue
		}
		for before := -3; before <= shift; before++ {
			if _, err := used.Use(codeAt(t, f, noon.Add(time.Duration(before)*30*time.Second)), noon); !errors.Is(err, account.ErrSecondFactorWrong) {
				t.Errorf("after the code of %d steps, that of %d: %v", shift, before, err)
			}
		}
		later := noon.Add(time.Duration(shift+1) * 30 * time.Second)
		if _, err := used.Use(codeAt(t, f, later), later); err != nil {
			t.Errorf("the next code after that of %d steps: %v", shift, err)
		}
	}
}

// S3-19, X5: ten recovery codes, all different, each good once, whatever case and separators.
func TestRecoveryCodes(t *testing.T) {
	f := account.NewSecondFactor()
	codes := f.Recovery()
	if sorted := slices.Sorted(slices.Values(codes)); len(codes) != 10 || len(slices.Compact(sorted)) != 10 {
		t.Fatalf("got %v", codes)
	}
	if !slices.Equal(f.Recovery(), codes) || slices.Equal(account.NewSecondFactor().Recovery(), codes) {
		t.Error("recovery codes follow from the secret")
	}
	spellings := []func(string) string{strings.ToLower, func(c string) string { return strings.ReplaceAll(c, "-", "") }, func(c string) string { return " " + strings.ReplaceAll(c, "-", " ") + "\n" },
		func(c string) string { return strings.NewReplacer("O", "0", "I", "1", "B", "8").Replace(c) }}
	f.ConfirmedAt = noon
	for n, code := range codes {
		used, err := f.Use(spellings[n%len(spellings)](code), noon)
		if err != nil || used.RecoveryLeft() != 9-n {
			t.Fatalf("code %d: %v, %d left", n, err, used.RecoveryLeft())
		}
		if len(f.Recovered) != n {
			t.Fatal("what was read was changed")
		}
		if f = used; f.Step != 0 {
			t.Error("a recovery code has no time step")
		}
		for _, old := range codes[:n+1] {
			if _, err := f.Use(old, noon); !errors.Is(err, account.ErrSecondFactorWrong) {
				t.Errorf("a used code: %v", err)
			}
		}
	}
	if _, err := f.Use(codeAt(t, f, noon), noon); err != nil {
		t.Errorf("without recovery codes: %v", err)
	}
}

// S3-20: without a code a second factor asks for one, and what is no code is wrong.
func TestWrongCodes(t *testing.T) {
	f := account.NewSecondFactor()
	right := codeAt(t, f, noon)
	for _, code := range []string{"", " ", "--", "\n"} {
		if _, err := f.Use(code, noon); !errors.Is(err, account.ErrSecondFactorRequired) {
			t.Errorf("%q: %v", code, err)
		}
	}
	for _, code := range []string{right[:5], right + "0", "x" + right[1:], strings.Repeat("A", 16), f.Secret, f.Recovery()[0][:15], f.Recovery()[0] + "A", "０００００" + right[5:]} {
		if got, err := f.Use(code, noon); !errors.Is(err, account.ErrSecondFactorWrong) || got.Step != 0 || got.Recovered != nil {
			t.Errorf("%q: %v", code, err)
		}
	}
	if _, err := f.Use(right[:3]+" "+right[3:], noon); err != nil {
		t.Errorf("as apps show it: %v", err)
	}
}

// S3-19: only a code of the authenticator confirms it, and that code is spent.
func TestConfirm(t *testing.T) {
	f := account.NewSecondFactor()
	if f.Active() || f.RecoveryLeft() != 0 {
		t.Error("active before it is confirmed")
	}
	for _, code := range []string{"", "000", f.Recovery()[0], codeAt(t, f, noon.Add(-time.Hour))} {
		if got, err := f.Confirm(code, noon); !errors.Is(err, account.ErrSecondFactorWrong) || got.Active() {
			t.Errorf("%q: %v", code, err)
		}
	}
	code := codeAt(t, f, noon)
	confirmed, err := f.Confirm(code, noon)
	if err != nil || !confirmed.Active() || confirmed.RecoveryLeft() != 10 || f.Active() {
		t.Fatalf("%v, %+v", err, confirmed)
	}
	if _, err := confirmed.Use(code, noon); !errors.Is(err, account.ErrSecondFactorWrong) {
		t.Errorf("the confirming code signs in: %v", err)
	}
	if got := fmt.Sprint((*account.SecondFactor)(nil).Active(), (*account.SecondFactor)(nil).RecoveryLeft()); got != "false 0" {
		t.Error(got)
	}
}
