package notifications_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/notice"
)

var tokenOf = regexp.MustCompile(`https://web\.example\.com(/[a-z-]+)\?token=(\S+)`)

// opened verifies the token of the link in a mail and gives the page it leads to.
func opened(t *testing.T, m notice.Mail, p token.Purpose) (page string, link token.Link) {
	t.Helper()
	found := tokenOf.FindStringSubmatch(m.Text)
	if found == nil {
		t.Fatalf("no link:\n%s", m.Text)
	}
	link, err := keys.Verify(p, found[2])
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []token.Purpose{token.VerifyEmail, token.ResetPassword, token.ConfirmEmail, token.Invitation} {
		if _, err := keys.Verify(other, found[2]); (err == nil) != (other == p) {
			t.Errorf("good for %s: %v", other, err)
		}
	}
	return found[1], link
}

// S3-138, S3-147, S3-150: who registered gets the welcome mail, then reminder and fresh links; each has the link that is good when it
// is written, signed for this purpose alone, until it ends, and it leads to the page that confirms.
func TestVerificationMails(t *testing.T) {
	for kind, data := range map[notice.Kind]event.Data{
		notice.KindWelcome:              event.AccountRegistered{CustomerID: "cus_1"},
		notice.KindVerificationResent:   event.VerificationRequested{CustomerID: "cus_1", Why: "asked"},
		notice.KindVerificationReminder: event.VerificationRequested{CustomerID: "cus_1", Why: "reminder"},
		notice.KindVerificationRenewed:  event.VerificationRequested{CustomerID: "cus_1", Why: "renewed"},
	} {
		s := unverified()
		m := sent(t, s, data)
		page, link := opened(t, m, token.VerifyEmail)
		v := s.customer.Verification
		if m.Kind != kind || m.To != "ada@example.com" || page != "/verify-email" || link.Tenant != "demo" || link.Account != "cus_1" || link.Nonce != v.Nonce || !link.Expires.Equal(v.ExpiresAt) {
			t.Errorf("%s: %s to %s, %s %+v", kind, m.Kind, m.To, page, link)
		}
		if !strings.Contains(m.Text, "3 November 2026, 12:00 UTC") {
			t.Errorf("%s does not say until when:\n%s", kind, m.Text)
		}
	}
	if m := sent(t, unverified(), event.AccountRegistered{CustomerID: "cus_1"}); m.Key != "welcome.cus_1" {
		t.Error(m.Key)
	}
}

// S3-150: a link that was replaced before its mail was written is not in the mail: the one that is good is.
func TestMailsHaveTheLinkThatIsGood(t *testing.T) {
	s := unverified()
	first := s.customer.Verification.Nonce
	s.customer, _ = s.customer.AskAgain(noon.Add(time.Minute))
	_, link := opened(t, sent(t, s, event.AccountRegistered{CustomerID: "cus_1"}), token.VerifyEmail)
	if link.Nonce == first || link.Nonce != s.customer.Verification.Nonce {
		t.Errorf("nonce %s", link.Nonce)
	}
}

// S3-139: at once after the mail address is confirmed, by whatever showed it: what comes next, with the link to the profile.
func TestVerifiedMail(t *testing.T) {
	for _, by := range []string{"mail", "reset", "staff"} {
		s := ada()
		s.customer.ProfiledAt = time.Time{}
		m := sent(t, s, event.AccountVerified{CustomerID: "cus_1", By: by})
		if m.Kind != notice.KindEmailVerified || !strings.Contains(m.Text, "Set up my profile:\nhttps://web.example.com/profile\n") {
			t.Errorf("by %s:\n%s", by, m.Text)
		}
		if m := sent(t, ada(), event.AccountVerified{CustomerID: "cus_1", By: by}); strings.Contains(m.Text, "Set up my profile") {
			t.Errorf("who has a profile is asked to set it up:\n%s", m.Text)
		}
	}
}

// S3-150: the link for a new password; of a member of staff who has none yet, the invitation.
func TestPasswordMails(t *testing.T) {
	reset := event.PasswordResetRequested{CustomerID: "cus_1"}
	s := ada()
	s.credentials = account.Credentials{PasswordHash: "hash", Reset: &account.Mailed{Nonce: "n", ExpiresAt: noon.Add(2 * time.Hour)}}
	m := sent(t, s, reset)
	if page, link := opened(t, m, token.ResetPassword); m.Kind != notice.KindPasswordReset || page != "/reset-password" || link.Nonce != "n" || !link.Expires.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("%s %s %+v", m.Kind, page, link)
	}
	s.customer.ID, s.customer.Roles = "stf_1", []string{token.RoleSupport}
	if m := sent(t, fresh(s), reset); m.Kind != notice.KindPasswordReset {
		t.Errorf("staff with a password got %s", m.Kind)
	}
	s.credentials.PasswordHash = ""
	m = sent(t, fresh(s), reset)
	if page, link := opened(t, m, token.Invitation); m.Kind != notice.KindInvitation || page != "/invitation" || link.Account != "stf_1" {
		t.Errorf("%s %s %+v", m.Kind, page, link)
	}
}

func fresh(s *store) *store {
	again := ada()
	again.customer, again.credentials = s.customer, s.credentials
	return again
}

// The confirmation goes to the new address, the notice that it changed to the former one.
func TestAddressMails(t *testing.T) {
	s := ada()
	s.credentials.NewEmail = &account.NewEmail{Mailed: account.Mailed{Nonce: "n", ExpiresAt: noon.Add(2 * time.Hour)}, Address: "lovelace@example.com"}
	m := sent(t, s, event.EmailChangeRequested{CustomerID: "cus_1"})
	if page, link := opened(t, m, token.ConfirmEmail); m.To != "lovelace@example.com" || page != "/confirm-email" || link.Nonce != "n" {
		t.Errorf("to %s, %s %+v", m.To, page, link)
	}
	s = ada()
	s.customer.Email, s.customer.FormerEmail = "lovelace@example.com", "ada@example.com"
	m = sent(t, s, event.EmailChanged{CustomerID: "cus_1"})
	if m.To != "ada@example.com" || m.Kind != notice.KindEmailChanged || strings.Contains(m.Text, "lovelace@") {
		t.Errorf("to %s:\n%s", m.To, m.Text)
	}
}

// What was changed about signing in, and whose requests were answered, is told.
func TestPlainMails(t *testing.T) {
	for kind, data := range map[notice.Kind]event.Data{
		notice.KindPasswordChanged:     event.PasswordChanged{CustomerID: "cus_1", By: "reset"},
		notice.KindSecondFactorEnabled: event.SecondFactorEnabled{CustomerID: "cus_1"},
		notice.KindTicketOpened:        event.TicketOpened{CustomerID: "cus_1", TicketID: "tic_1", Category: "technical", Priority: "normal"},
		notice.KindTicketAnswered:      event.TicketAnswered{CustomerID: "cus_1", TicketID: "tic_1", By: "staff", Number: 2},
		notice.KindTicketResolved:      event.TicketResolved{CustomerID: "cus_1", TicketID: "tic_1", By: "staff"},
	} {
		m := sent(t, ada(), data)
		if m.Kind != kind || m.To != "ada@example.com" || !strings.HasPrefix(m.Key, string(kind)+".") {
			t.Errorf("%T led to %s to %s, %s", data, m.Kind, m.To, m.Key)
		}
	}
	for by, words := range map[string]string{"customer": "was switched off for your account", "staff": "Our customer service switched off"} {
		if m := sent(t, ada(), event.SecondFactorDisabled{CustomerID: "cus_1", By: by}); !strings.Contains(m.Text, words) {
			t.Errorf("by %s:\n%s", by, m.Text)
		}
	}
}

// What is no longer true is not sent, and is no failure.
func TestWhatIsPastIsNotSent(t *testing.T) {
	renewed := event.VerificationRequested{CustomerID: "cus_1", Why: "renewed"}
	s := unverified()
	s.customer, _, _ = s.customer.Verify(noon) // the link is still in the row
	silent(t, s, event.AccountRegistered{CustomerID: "cus_1"})
	silent(t, s, renewed)
	silent(t, ada(), renewed) // there is nothing to confirm
	s = unverified()
	s.now = noon.Add(account.ExpireAfter) // over, by the customer's clock
	silent(t, s, renewed)
	silent(t, ada(), event.PasswordResetRequested{CustomerID: "cus_1"}) // used
	s = ada()
	s.credentials.Reset = &account.Mailed{Nonce: "n", ExpiresAt: noon} // over
	silent(t, s, event.PasswordResetRequested{CustomerID: "cus_1"})
	silent(t, ada(), event.EmailChangeRequested{CustomerID: "cus_1"}) // withdrawn
	silent(t, ada(), event.EmailChanged{CustomerID: "cus_1"})         // there was none before
	for _, by := range []string{"customer", "note"} {
		silent(t, ada(), event.TicketAnswered{CustomerID: "cus_1", TicketID: "tic_1", By: by, Number: 2})
	}
}

// Whose account is gone is written to no more, whatever happened before.
func TestTheGoneGetNoMail(t *testing.T) {
	for _, status := range []account.Status{account.Erased, account.Expired} {
		for _, data := range []event.Data{event.AccountRegistered{}, event.VerificationRequested{Why: "reminder"}, event.AccountVerified{}, event.PasswordResetRequested{}, event.PasswordChanged{},
			event.EmailChangeRequested{}, event.EmailChanged{}, event.SecondFactorEnabled{}, event.SecondFactorDisabled{}, event.TicketOpened{}, event.TicketAnswered{By: "staff"},
			event.TicketResolved{}, event.OrderPaid{}, event.PaymentRefunded{}, event.ServiceActivated{First: true}, event.ServiceResumed{}, event.ProvisioningParked{Kind: "provision"}} {
			s := ada()
			s.customer.Status, s.customer.FormerEmail = status, "former@example.com"
			silent(t, s, data)
		}
	}
}

// A reason to verify that has no mail is a defect, not a mail left out.
func TestUnknownReasonIsParked(t *testing.T) {
	err := consumer(unverified(), &mailer{}).Handle(t.Context(), announced(t, event.VerificationRequested{CustomerID: "cus_1", Why: "unheard_of"}))
	if err == nil || fault.Transient(err) {
		t.Errorf("got %v", err)
	}
}

// Who reads German gets German, and who reads Austrian German too; others get English.
func TestMailsAreInTheCustomersLanguage(t *testing.T) {
	for language, words := range map[string]string{"de": "Ihr Passwort wurde geändert", "de-AT": "Ihr Passwort wurde geändert", "fr": "Your password was changed", "": "Your password was changed"} {
		s := ada()
		s.customer.Language = language
		if m := sent(t, s, event.PasswordChanged{CustomerID: "cus_1"}); m.Subject != words {
			t.Errorf("%q: %s", language, m.Subject)
		}
	}
}
