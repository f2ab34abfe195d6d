package account_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/token"
	"turnup/internal/domain/account"
)

const (
	hour = time.Hour
	day  = 24 * hour
)

func unverified() account.Customer {
	return account.Customer{Tenant: "demo", ID: "cus_1", Email: "ada@example.com", Name: "Ada", RegisteredAt: noon, Version: 1}.BeginVerification()
}

// S3-109, S3-110, S3-111, S3-113: the steps of a verification, from every step at every time: what is due happens once, what
// was missed is made up for by the last of it, and nothing happens early.
func TestRemind(t *testing.T) {
	at := func(s account.Step) account.Customer {
		c := unverified()
		c.Verification.Step = s
		return c
	}
	for _, k := range []struct {
		from  account.Step
		after time.Duration
		step  account.Step
		did   bool
		next  time.Duration // due after that, 0 for nothing
	}{
		{account.Welcomed, 12*hour - 1, "", false, 12 * hour}, {account.Welcomed, 12 * hour, account.Reminded, true, 24 * hour}, {account.Welcomed, 26 * hour, account.Renewed, true, 7 * day},
		{account.Welcomed, 7 * day, "", true, 0}, {account.Reminded, 24*hour - 1, "", false, 24 * hour}, {account.Reminded, 24 * hour, account.Renewed, true, 7 * day},
		{account.Reminded, 8 * day, "", true, 0}, {account.Renewed, 7*day - 1, "", false, 7 * day}, {account.Renewed, 7 * day, "", true, 0},
	} {
		was := at(k.from)
		got, step, did := was.Remind(noon.Add(k.after))
		name := fmt.Sprint(k.from, " after ", k.after)
		if step != k.step || did != k.did || (got.Version > was.Version) != did {
			t.Errorf("%s: %q, %v, version %d", name, step, did, got.Version)
		}
		if due := got.VerificationDue(); k.next == 0 && !due.IsZero() || k.next > 0 && !due.Equal(noon.Add(k.next)) {
			t.Errorf("%s: next at %v", name, due)
		}
		if expired := k.next == 0; (got.Status == account.Expired) != expired || expired && (got.Email != "" || got.Name != "" || got.Verification != nil) {
			t.Errorf("%s: left is %+v", name, got)
		}
		if renewed := step == account.Renewed; did && k.next > 0 && (got.Verification.Nonce != was.Verification.Nonce) != renewed {
			t.Errorf("%s: a fresh link: %v", name, !renewed)
		}
		if again, _, did := got.Remind(noon.Add(k.after)); did || again.Version != got.Version {
			t.Errorf("%s: it happened twice", name)
		}
	}
	for _, done := range []account.Status{account.Active, account.Expired, account.Erased} {
		c := unverified()
		if c.Status = done; !c.VerificationDue().IsZero() {
			t.Errorf("%s: something is due", done)
		}
		if _, _, did := c.Remind(noon.Add(30 * day)); did {
			t.Errorf("%s: something happened", done)
		}
	}
}

// S3-03, S3-18, S3-114: the newest link confirms in time; an older one, one that ended and a made-up one do not; doing it again
// is harmless; afterwards nothing is due any more.
func TestVerifyBy(t *testing.T) {
	c := unverified()
	first := c.Verification.Nonce
	fresh, ok := c.AskAgain(noon.Add(hour))
	if !ok || fresh.Verification.Nonce == first || fresh.Verification.Asked != 1 || !fresh.VerificationDue().Equal(noon.Add(12*hour)) {
		t.Fatalf("asked again: %v, %+v", ok, fresh.Verification)
	}
	for name, k := range map[string]struct {
		account account.Customer
		nonce   string
		after   time.Duration
		want    error
	}{
		"first link": {c, first, 24*hour - 1, nil}, "over": {c, first, 24 * hour, account.ErrLinkExpired}, "made up": {c, "x", 0, account.ErrLinkExpired}, "none": {c, "", 0, account.ErrLinkExpired},
		"fresh link": {fresh, fresh.Verification.Nonce, 24 * hour, nil}, "replaced": {fresh, first, 2 * hour, account.ErrLinkExpired}, "fresh over": {fresh, fresh.Verification.Nonce, 25 * hour, account.ErrLinkExpired},
	} {
		got, news, err := k.account.VerifyBy(k.nonce, noon.Add(k.after))
		if !errors.Is(err, k.want) || news != (k.want == nil) || (got.Status == account.Active) != news {
			t.Errorf("%s: %v, %v, %s", name, news, err, got.Status)
		}
		if !news {
			continue
		}
		if got.Pending() != token.Profile || !got.VerificationDue().IsZero() || !got.VerifiedAt.Equal(noon.Add(k.after)) {
			t.Errorf("%s: %+v", name, got)
		}
		for _, nonce := range []string{k.nonce, first} {
			if again, news, err := got.VerifyBy(nonce, noon.Add(30*day)); err != nil || news || again.Version != got.Version {
				t.Errorf("%s, again: %v, %v", name, news, err)
			}
		}
	}
	gone, _, _ := c.Remind(noon.Add(7 * day))
	for _, nonce := range []string{first, ""} {
		if _, _, err := gone.VerifyBy(nonce, noon.Add(8*day)); !errors.Is(err, account.ErrAccountExpired) {
			t.Errorf("expired: %v", err)
		}
	}
}

// S3-116: no link that was asked for outlives the registration, and nobody asks for one who has nothing to confirm.
func TestAskAgain(t *testing.T) {
	c, ok := unverified().AskAgain(noon.Add(6*day + 12*hour))
	if !ok || !c.Verification.ExpiresAt.Equal(noon.Add(7*day)) {
		t.Errorf("%v, %+v", ok, c.Verification)
	}
	verified, _, err := c.Verify(noon.Add(day))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := verified.AskAgain(noon.Add(2 * day)); ok {
		t.Error("a confirmed address got another link")
	}
	other := account.Customer{ID: "cus_2", Status: account.Active, RegisteredAt: noon, Version: 1} // began in another journey, with a mail address that is not confirmed
	if got, ok := other.AskAgain(noon.Add(30 * day)); !ok || got.Verification == nil || !got.Verification.ExpiresAt.Equal(noon.Add(31*day)) || !got.VerificationDue().IsZero() {
		t.Errorf("%v, %+v", ok, got)
	}
}

// What one has to do first, in every state.
func TestPending(t *testing.T) {
	c := unverified()
	if c.Pending() != token.Verification {
		t.Error(c.Pending())
	}
	if c.Status = account.Active; c.Pending() != token.Profile {
		t.Error(c.Pending())
	}
	if c.ProfiledAt = noon; c.Pending() != token.Nothing {
		t.Error(c.Pending())
	}
}
