package console

import (
	"encoding/json"
	"strings"
	"time"

	"turnup/internal/base/money"
)

// What of the API's answers the console shows.

type person struct {
	CustomerID, Status, Email, Username, Name, Phone, Country, Language, Tier, Pending string
	RegisteredAt, VerifiedAt, ProfiledAt                                               time.Time
	Address                                                                            struct{ Line1, Line2, PostalCode, City, Country string }
	TaxExemption                                                                       *struct {
		Reason, Code, TaxID, Certificate string
		Since                            time.Time
	}
	ETag string `json:"-"`
}

func (p *person) Version(v string) { p.ETag = v }

func (p person) called() string {
	for _, name := range []string{p.Name, p.Email, p.Username, p.CustomerID} {
		if name != "" {
			return name
		}
	}
	return "Customer"
}

type personPage struct {
	Customers  []person
	NextCursor string
}

type accessOf struct {
	Tier   string
	Groups []string
	ETag   string `json:"-"`
}

func (a *accessOf) Version(v string) { a.ETag = v }

type journeyOf struct {
	Current string
	Stages  []struct {
		Number          int
		Stage           string
		FirstAt, LastAt time.Time
	}
}

type contract struct {
	SubscriptionID, CustomerID, Status, ItemID, Name, BillingPeriod, OrderID, ServiceID, TimeZone, NextBilling string
	Price, Credit                                                                                              money.Amount
	SignedAt                                                                                                   time.Time
	Entitlement                                                                                                struct{ State string }
	Period                                                                                                     struct{ From, Until string }
	NextPlan                                                                                                   *struct{ ItemID, Name, On string }
	Cancellation                                                                                               *struct{ On, Reason string }
	Pause                                                                                                      *struct{ Since, Until string }
	Dunning                                                                                                    *struct {
		InvoiceID, Reason          string
		Since                      time.Time
		Reminded                   int
		NextReminderAt, SuspendsAt time.Time
		EndsAt                     time.Time
		Held                       *struct {
			Until      time.Time
			By, Reason string
		}
	}
}

type contractPage struct {
	Subscriptions []contract
	NextCursor    string
}

type timerPage struct {
	Timers []struct {
		Kind, Subject string
		Due, NextTry  time.Time
	}
}

type happening struct {
	EventID, What, Who, CorrelationID, CausationID string
	At                                             time.Time
	Data                                           json.RawMessage
}

type happeningPage struct {
	Entries    []happening
	NextCursor string
}

type orderOf struct {
	OrderID, Status, PaidBy, PaymentID, CancelledBy, Coupon string
	Lines                                                   []struct{ Name string }
	Total                                                   money.Amount
	SubscriptionIDs                                         []string
	History                                                 []struct {
		State string
		At    time.Time
	}
}

// what names what was ordered.
func (o orderOf) what() string {
	names := []string{}
	for _, l := range o.Lines {
		names = append(names, l.Name)
	}
	return strings.Join(names, ", ")
}

type orderPage struct {
	Orders     []orderOf
	NextCursor string
}

type document struct {
	InvoiceID, CustomerID, Kind, Status, Number, IssuedOn, DueOn, SubscriptionID, CorrectsInvoiceID, CorrectsNumber, Reason string
	SettledAt                                                                                                               time.Time
	Total, Due, Credited, Paid, Credit                                                                                      money.Amount
	Lines                                                                                                                   []struct {
		Number                  int
		Name, Explanation, Kind string
		Amount                  money.Amount
	}
	Net, Tax int64
	Receipts []struct {
		PaymentID, With string
		Amount          money.Amount
		At              time.Time
	}
}

type documentPage struct {
	Invoices   []document
	NextCursor string
}

type refundOf struct {
	RefundID, InvoiceID, CreditNoteID, Status, Reason, By string
	Amount                                                money.Amount
	RequestedAt                                           time.Time
	Parts                                                 []struct{ To, With, Status, Why string }
}

type refundPage struct{ Refunds []refundOf }

type walletOf struct{ Available, Held money.Amount }

type walletEntry struct {
	EntryID, Kind, Reference, Reason, By string
	Amount, Available                    money.Amount
	At                                   time.Time
}

type walletPage struct {
	Entries    []walletEntry
	NextCursor string
}

type mailPage struct {
	Mails []struct {
		EventID, Mail, Kind, Language, Status string
		TriggeredAt, HandedAt                 time.Time
		Attempts                              int
	}
	NextCursor string
}
