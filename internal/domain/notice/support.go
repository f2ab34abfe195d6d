package notice

import "turnup/internal/base/id"

// The mails about support tickets. What was written in a ticket is not in them.

// TicketOpened says that a request arrived.
type TicketOpened struct{ Ticket id.Ticket }

// Kind of TicketOpened.
func (TicketOpened) Kind() Kind { return KindTicketOpened }

func (m TicketOpened) letter(p pen) letter { return p.ticket("ticket-opened", m.Ticket) }

// TicketAnswered says that staff answered.
type TicketAnswered struct{ Ticket id.Ticket }

// Kind of TicketAnswered.
func (TicketAnswered) Kind() Kind { return KindTicketAnswered }

func (m TicketAnswered) letter(p pen) letter { return p.ticket("ticket-answered", m.Ticket) }

// TicketResolved says that a request is done.
type TicketResolved struct{ Ticket id.Ticket }

// Kind of TicketResolved.
func (TicketResolved) Kind() Kind { return KindTicketResolved }

func (m TicketResolved) letter(p pen) letter { return p.ticket("ticket-resolved", m.Ticket) }

func (p pen) ticket(name string, t id.Ticket) letter {
	return p.write(name, p.page("tickets", string(t)), nil).with(fact{Name: p.Phrases.Request, Value: string(t)})
}
