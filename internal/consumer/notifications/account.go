package notifications

import (
	"context"
	"fmt"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/notice"
)

// ofVerification finds the mails about confirming a mail address.
func (c Consumer) ofVerification(e event.Envelope) (due, error) {
	switch e.Type {
	case event.TypeAccountRegistered:
		var registered event.AccountRegistered
		err := event.Decode(e, &registered)
		d := c.verification(registered.CustomerID, func(token string, until time.Time) notice.Content { return notice.Welcome{Token: token, Until: until} })
		d.about = string(registered.CustomerID)
		return d, err
	case event.TypeVerificationRequested:
		var requested event.VerificationRequested
		if err := event.Decode(e, &requested); err != nil {
			return due{}, err
		}
		content, known := map[string]func(string, time.Time) notice.Content{
			"asked": func(token string, until time.Time) notice.Content {
				return notice.VerificationResent{Token: token, Until: until}
			},
			"reminder": func(token string, until time.Time) notice.Content {
				return notice.VerificationReminder{Token: token, Until: until}
			},
			"renewed": func(token string, until time.Time) notice.Content {
				return notice.VerificationRenewed{Token: token, Until: until}
			},
		}[requested.Why]
		if !known {
			return due{}, fault.ErrInvalid.Because(fmt.Errorf("notifications: no mail is due to a verification requested because of %q", requested.Why))
		}
		return c.verification(requested.CustomerID, content), nil
	case event.TypeAccountVerified:
		var verified event.AccountVerified
		err := event.Decode(e, &verified)
		return due{account: verified.CustomerID, write: func(_ context.Context, a state) (notice.Content, error) {
			return notice.EmailVerified{Profiled: a.Pending() == token.Nothing}, nil
		}}, err
	}
	return due{}, nil
}

// verification is a mail with the link that confirms a mail address, as long as there is something to confirm.
func (c Consumer) verification(owner id.Customer, content func(token string, until time.Time) notice.Content) due {
	return due{account: owner, write: func(ctx context.Context, a state) (notice.Content, error) {
		if !a.VerifiedAt.IsZero() {
			return nil, stale("the mail address is confirmed")
		}
		var link *account.Mailed
		if a.Verification != nil {
			link = &a.Verification.Mailed
		}
		signed, until, err := c.link(ctx, a.Customer, token.VerifyEmail, link)
		return content(signed, until), err
	}}
}

// ofAccess finds the mails with links that give access: to a new password, or from a new address.
func (c Consumer) ofAccess(e event.Envelope) (due, error) {
	switch e.Type {
	case event.TypePasswordResetRequested:
		var requested event.PasswordResetRequested
		err := event.Decode(e, &requested)
		return due{account: requested.CustomerID, secrets: true, write: func(ctx context.Context, a state) (notice.Content, error) {
			if invited(a) {
				signed, until, err := c.link(ctx, a.Customer, token.Invitation, a.Reset)
				return notice.Invitation{Token: signed, Until: until}, err
			}
			signed, until, err := c.link(ctx, a.Customer, token.ResetPassword, a.Reset)
			return notice.PasswordReset{Token: signed, Until: until}, err
		}}, err
	case event.TypeEmailChangeRequested:
		var wanted event.EmailChangeRequested
		err := event.Decode(e, &wanted)
		return due{account: wanted.CustomerID, secrets: true, to: func(a state) string { return a.NewEmail.Address },
			write: func(ctx context.Context, a state) (notice.Content, error) {
				var link *account.Mailed
				if a.NewEmail != nil {
					link = &a.NewEmail.Mailed
				}
				signed, until, err := c.link(ctx, a.Customer, token.ConfirmEmail, link)
				return notice.EmailChange{Token: signed, Until: until}, err
			}}, err
	}
	return due{}, nil
}

// invited tells whether an account is of a member of staff who has not chosen a password yet.
func invited(a state) bool {
	return strings.HasPrefix(string(a.ID), id.StaffPrefix) && a.PasswordHash == ""
}

// ofSecurity finds the notices of what was changed about signing in.
func ofSecurity(e event.Envelope) (due, error) {
	switch e.Type {
	case event.TypePasswordChanged:
		var set event.PasswordChanged
		err := event.Decode(e, &set)
		return as(set.CustomerID, "", notice.PasswordChanged{At: e.Time}), err
	case event.TypeEmailChanged:
		var changed event.EmailChanged
		err := event.Decode(e, &changed)
		return due{account: changed.CustomerID, to: func(a state) string { return a.FormerEmail }, write: func(_ context.Context, a state) (notice.Content, error) {
			if a.FormerEmail == "" {
				return nil, stale("there is no former address")
			}
			return notice.EmailChanged{At: e.Time}, nil
		}}, err
	case event.TypeSecondFactorEnabled:
		var enabled event.SecondFactorEnabled
		err := event.Decode(e, &enabled)
		return as(enabled.CustomerID, "", notice.SecondFactorEnabled{At: e.Time}), err
	case event.TypeSecondFactorDisabled:
		var disabled event.SecondFactorDisabled
		err := event.Decode(e, &disabled)
		return as(disabled.CustomerID, "", notice.SecondFactorDisabled{At: e.Time, ByStaff: disabled.By == "staff"}), err
	}
	return due{}, nil
}
