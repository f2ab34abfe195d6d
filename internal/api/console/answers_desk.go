package console

import (
	"time"

	"turnup/internal/base/money"
)

type line struct {
	ServiceID, SubscriptionID, CustomerID, Name, Status, LocationID, Username string
	Since                                                                     time.Time
	Profile                                                                   struct{ DownKbps, UpKbps int64 }
	Holds                                                                     []struct{ Cause, Reason, By string }
	Delayed                                                                   bool
	Equipment                                                                 struct{ OnuSerial, CpeID string }
	Port                                                                      struct{ Olt, Pon string }
	Allocation                                                                struct{ Address string }
	Work                                                                      struct {
		Kind   string
		Number int
		Done   []string
		Tries  int
		Failed string
		Held   bool
		Parked *struct {
			Step, System, Code, Cause string
			At                        time.Time
		}
	}
	Alarms []struct {
		Alarm string
		At    time.Time
	}
	Maintenance []work
}

// work is maintenance that was announced for a line.
type work struct {
	Start, End time.Time
	Note       string
	Over       bool
}

type servicePage struct {
	Services   []line
	NextCursor string
}

type diagnosis struct {
	DiagnosisID, Kind, Status string
	Healthy                   *bool
	AskedAt                   time.Time
	Parts                     []struct {
		Part  string
		OK    bool
		Facts []struct{ Name, Value string }
	}
}

type diagnosisPage struct{ Diagnoses []diagnosis }

type who struct{ Kind, ID string }

type ticketOf struct {
	TicketID, CustomerID, Subject, Category, Status, Priority, Assignee string
	OpenedAt, LastMessageAt, ResolvedAt                                 time.Time
	MessageCount, NoteCount                                             int
	Messages                                                            []struct {
		Number   int
		Author   who
		At       time.Time
		Body     string
		Internal bool
	}
	Maintenance []work
	NextCursor  string
	ETag        string `json:"-"`
}

func (t *ticketOf) Version(v string) { t.ETag = v }

type ticketPage struct {
	Tickets    []ticketOf
	NextCursor string
}

type signupOf struct {
	SignupID, Flow, Status, Step, System, Reason, CustomerID, PlanID, OrderID string
	Hangs                                                                     bool
	Since, NextAt, BeganAt                                                    time.Time
	Price                                                                     money.Amount
	Attempt                                                                   int
	History                                                                   []struct {
		At                 time.Time
		Fact, Step, Detail string
	}
}

type signupPage struct {
	Signups    []signupOf
	NextCursor string
}

func (p signupPage) hanging() (out []signupOf) {
	for _, s := range p.Signups {
		if s.Hangs {
			out = append(out, s)
		}
	}
	return out
}
