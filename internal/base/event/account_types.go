package event

import "turnup/internal/base/id"

// The events of accounts, customers, support and mails.
const (
	TypeAccountRegistered      Type = "account.registered"
	TypeAccountVerified        Type = "account.verified"
	TypeAccountExpired         Type = "account.expired"
	TypeVerificationRequested  Type = "verification.requested"
	TypeSessionStarted         Type = "session.started"
	TypeSessionEnded           Type = "session.ended"
	TypePasswordResetRequested Type = "passwordReset.requested"
	TypePasswordChanged        Type = "password.changed"
	TypeEmailChangeRequested   Type = "emailChange.requested"
	TypeEmailChanged           Type = "email.changed"
	TypeSecondFactorEnabled    Type = "secondFactor.enabled"
	TypeSecondFactorDisabled   Type = "secondFactor.disabled"
	TypeCustomerUpdated        Type = "customer.updated"
	TypeCustomerErased         Type = "customer.erased"
	TypeTicketOpened           Type = "ticket.opened"
	TypeTicketAnswered         Type = "ticket.answered"
	TypeTicketResolved         Type = "ticket.resolved"
	TypeTicketReopened         Type = "ticket.reopened"
	TypeTicketUpdated          Type = "ticket.updated"
	TypeStaffInvited           Type = "staff.invited"
	TypeStaffUpdated           Type = "staff.updated"
	TypeStaffRemoved           Type = "staff.removed"
	TypeMailBounced            Type = "mail.bounced"
)

// AccountRegistered: somebody registered with a mail address, which is to be verified. They are no customer before they have a profile.
type AccountRegistered struct {
	CustomerID id.Customer `json:"customerId"`
}

// EventType of AccountRegistered.
func (AccountRegistered) EventType() (Type, int) { return TypeAccountRegistered, 1 }

// AccountVerified: an account's mail address is verified.
type AccountVerified struct {
	CustomerID id.Customer `json:"customerId"`
	By         string      `json:"by"`               // what showed it: the link of a mail, the link of a password reset, or a member of staff
	Reason     string      `json:"reason,omitempty"` // of staff, in their words
}

// EventType of AccountVerified.
func (AccountVerified) EventType() (Type, int) { return TypeAccountVerified, 1 }

// AccountExpired: an account was not verified in time: it is gone, and its mail address is free.
type AccountExpired struct {
	CustomerID id.Customer `json:"customerId"`
}

// EventType of AccountExpired.
func (AccountExpired) EventType() (Type, int) { return TypeAccountExpired, 1 }

// VerificationRequested: the verification mail is to be sent again.
type VerificationRequested struct {
	CustomerID id.Customer `json:"customerId"`
	Why        string      `json:"why"` // what for: the customer asked, a reminder with the same link, or a fresh link because the first one ended
}

// EventType of VerificationRequested.
func (VerificationRequested) EventType() (Type, int) { return TypeVerificationRequested, 1 }

// SessionStarted: somebody signed in.
type SessionStarted struct {
	CustomerID id.Customer `json:"customerId"`
	SessionID  id.Session  `json:"sessionId"`
}

// EventType of SessionStarted.
func (SessionStarted) EventType() (Type, int) { return TypeSessionStarted, 1 }

// SessionEnded: a session was ended before its time.
type SessionEnded struct {
	CustomerID id.Customer `json:"customerId"`
	SessionID  id.Session  `json:"sessionId,omitempty"` // none when all of the account's ended
	Why        string      `json:"why"`                 // what ended it
}

// EventType of SessionEnded.
func (SessionEnded) EventType() (Type, int) { return TypeSessionEnded, 1 }

// PasswordResetRequested: somebody asked for a link to set a new password.
type PasswordResetRequested struct {
	CustomerID id.Customer `json:"customerId"`
}

// EventType of PasswordResetRequested.
func (PasswordResetRequested) EventType() (Type, int) { return TypePasswordResetRequested, 1 }

// PasswordChanged: an account has another password.
type PasswordChanged struct {
	CustomerID id.Customer `json:"customerId"`
	By         string      `json:"by"` // how: with the old password, or by the link of a mail
}

// EventType of PasswordChanged.
func (PasswordChanged) EventType() (Type, int) { return TypePasswordChanged, 1 }

// EmailChangeRequested: a customer wants another mail address, which is to be confirmed from there.
type EmailChangeRequested struct {
	CustomerID id.Customer `json:"customerId"`
}

// EventType of EmailChangeRequested.
func (EmailChangeRequested) EventType() (Type, int) { return TypeEmailChangeRequested, 1 }

// EmailChanged: an account has another mail address. The old one is told.
type EmailChanged struct {
	CustomerID id.Customer `json:"customerId"`
}

// EventType of EmailChanged.
func (EmailChanged) EventType() (Type, int) { return TypeEmailChanged, 1 }

// SecondFactorEnabled: an account is asked for a one-time code when it signs in.
type SecondFactorEnabled struct {
	CustomerID id.Customer `json:"customerId"`
}

// EventType of SecondFactorEnabled.
func (SecondFactorEnabled) EventType() (Type, int) { return TypeSecondFactorEnabled, 1 }

// SecondFactorDisabled: an account is no longer asked for a one-time code.
type SecondFactorDisabled struct {
	CustomerID id.Customer `json:"customerId"`
	By         string      `json:"by"`               // who did it
	Reason     string      `json:"reason,omitempty"` // of staff, in their words
}

// EventType of SecondFactorDisabled.
func (SecondFactorDisabled) EventType() (Type, int) { return TypeSecondFactorDisabled, 1 }

// CustomerUpdated: facts about a customer changed.
type CustomerUpdated struct {
	CustomerID id.Customer `json:"customerId"`
	Fields     []string    `json:"fields"` // names of the fields, never their values
}

// EventType of CustomerUpdated.
func (CustomerUpdated) EventType() (Type, int) { return TypeCustomerUpdated, 1 }

// CustomerErased: a customer's personal data is to be gone everywhere. Invoices and ledger stay.
type CustomerErased struct {
	CustomerID id.Customer `json:"customerId"`
}

// EventType of CustomerErased.
func (CustomerErased) EventType() (Type, int) { return TypeCustomerErased, 1 }

// TicketOpened: a support ticket was opened.
type TicketOpened struct {
	TicketID   id.Ticket   `json:"ticketId"`
	CustomerID id.Customer `json:"customerId"`
	Category   string      `json:"category"` // what it is about
	Priority   string      `json:"priority"` // how urgent it is
}

// EventType of TicketOpened.
func (TicketOpened) EventType() (Type, int) { return TypeTicketOpened, 1 }

// TicketAnswered: a message was added to a ticket.
type TicketAnswered struct {
	TicketID   id.Ticket   `json:"ticketId"`
	CustomerID id.Customer `json:"customerId"`
	By         string      `json:"by"`     // whose message: the customer's, of staff to the customer, or a note of staff that the customer does not see
	Number     int64       `json:"number"` // of the message in its ticket, from 1; of a note, that of the message before it
}

// EventType of TicketAnswered.
func (TicketAnswered) EventType() (Type, int) { return TypeTicketAnswered, 1 }

// TicketResolved: a ticket is done.
type TicketResolved struct {
	TicketID   id.Ticket   `json:"ticketId"`
	CustomerID id.Customer `json:"customerId"`
	By         string      `json:"by"` // who or what did it
}

// EventType of TicketResolved.
func (TicketResolved) EventType() (Type, int) { return TypeTicketResolved, 1 }

// TicketReopened: somebody wrote to a ticket that was done, so that it is not any more.
type TicketReopened struct {
	TicketID   id.Ticket   `json:"ticketId"`
	CustomerID id.Customer `json:"customerId"`
}

// EventType of TicketReopened.
func (TicketReopened) EventType() (Type, int) { return TypeTicketReopened, 1 }

// TicketUpdated: staff changed who looks after a ticket, how urgent it is or what it is about.
type TicketUpdated struct {
	TicketID   id.Ticket   `json:"ticketId"`
	CustomerID id.Customer `json:"customerId"`
	Fields     []string    `json:"fields"` // names of the fields
}

// EventType of TicketUpdated.
func (TicketUpdated) EventType() (Type, int) { return TypeTicketUpdated, 1 }

// MailBounced: a mail came back, or its reader complained of it.
type MailBounced struct {
	CustomerID id.Customer `json:"customerId"`
	Mail       string      `json:"mail"` // key of the mail
	Kind       string      `json:"kind"` // permanent: the address takes no mail; transient: it may later; complaint: its reader calls it spam
}

// EventType of MailBounced.
func (MailBounced) EventType() (Type, int) { return TypeMailBounced, 1 }

// StaffInvited: somebody was made a member of the operator's staff. They choose a password by the link of a mail.
type StaffInvited struct {
	CustomerID id.Customer `json:"customerId"`
	Roles      []string    `json:"roles"`
}

// EventType of StaffInvited.
func (StaffInvited) EventType() (Type, int) { return TypeStaffInvited, 1 }

// StaffUpdated: a member of staff has other roles. Their sessions ended.
type StaffUpdated struct {
	CustomerID id.Customer `json:"customerId"`
	Roles      []string    `json:"roles"`
}

// EventType of StaffUpdated.
func (StaffUpdated) EventType() (Type, int) { return TypeStaffUpdated, 1 }

// StaffRemoved: somebody is no longer a member of staff. Nothing personal is left of their account.
type StaffRemoved struct {
	CustomerID id.Customer `json:"customerId"`
}

// EventType of StaffRemoved.
func (StaffRemoved) EventType() (Type, int) { return TypeStaffRemoved, 1 }
