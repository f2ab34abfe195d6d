package operations

import (
	"cmp"
	"context"
	"strings"

	"turnup/internal/base/id"
	"turnup/internal/domain/account"
	"turnup/internal/domain/provisioning"
)

// byID is how a kind of id is looked for; nil when it names nothing that is found here.
func byID(prefix string) func(context.Context, finding, string) (match, error) {
	switch prefix {
	case id.CustomerPrefix:
		return byCustomer
	case id.OrderPrefix, id.InvoicePrefix:
		return byReference
	case id.PaymentPrefix:
		return byPayment
	case id.SubscriptionPrefix:
		return bySubscription
	case id.ServicePrefix:
		return byService
	case id.TicketPrefix:
		return byTicket
	case id.SignupPrefix:
		return bySignup
	}
	return nil
}

func byCustomer(ctx context.Context, f finding, name string) (match, error) {
	c, err := f.Customer(ctx, f.tenant, id.Customer(name))
	return customerMatch(c), err
}

func byPayment(ctx context.Context, f finding, name string) (match, error) {
	p, err := f.Payment(ctx, f.tenant, id.Payment(name))
	return match{"payment", name, p.Customer, p.Amount.String() + ", " + string(p.State)}, err
}

func bySubscription(ctx context.Context, f finding, name string) (match, error) {
	s, err := f.SubscriptionOf(ctx, f.tenant, id.Subscription(name))
	return match{"subscription", name, s.Customer, s.Name + ", " + string(s.State)}, err
}

func byService(ctx context.Context, f finding, name string) (match, error) {
	return serviceMatch(f.Service(ctx, f.tenant, id.Service(name)))
}

func byTicket(ctx context.Context, f finding, name string) (match, error) {
	t, err := f.Ticket(ctx, f.tenant, id.Ticket(name))
	return match{"ticket", name, t.Customer, cmp.Or(t.Subject, "erased") + ", " + string(t.Status)}, err
}

func bySignup(ctx context.Context, f finding, name string) (match, error) {
	s, err := f.Signup(ctx, f.tenant, id.Signup(name))
	return match{"signup", name, s.Customer, s.Plan.Name + ", " + string(s.State)}, err
}

func byReference(ctx context.Context, f finding, name string) (match, error) {
	r, err := f.Reference(ctx, f.tenant, name)
	if err != nil {
		return match{}, err
	}
	if strings.HasPrefix(r.ID, id.OrderPrefix) {
		o, err := f.Order(ctx, f.tenant, r.Customer, id.Order(r.ID))
		var lines []string
		for _, l := range o.Lines {
			lines = append(lines, l.Name)
		}
		return match{"order", r.ID, r.Customer, strings.Join(lines, ", ") + ", " + string(o.State)}, err
	}
	i, err := f.Invoice(ctx, f.tenant, r.Customer, id.Invoice(r.ID))
	return match{"invoice", r.ID, r.Customer, i.Number + ", " + string(i.State)}, err
}

func byNumber(ctx context.Context, f finding, q string) (match, error) {
	if number := strings.ToUpper(q); strings.HasPrefix(number, "INV-") || strings.HasPrefix(number, "CN-") {
		return byReference(ctx, f, number)
	}
	return match{}, nil
}

func byLogin(ctx context.Context, f finding, q string) (match, error) {
	name := account.Login{Kind: account.ByUsername}
	var err error
	if name.Name, err = account.NormaliseEmail(q); err == nil {
		name.Kind = account.ByEmail
	} else if name.Name, err = account.Normalise(q); err != nil {
		return match{}, nil
	}
	owner, err := f.AccountBy(ctx, f.tenant, name)
	if err != nil || !strings.HasPrefix(string(owner), id.CustomerPrefix) { // staff are no customers
		return match{}, err
	}
	c, err := f.Customer(ctx, f.tenant, owner)
	return customerMatch(c), err
}

func byONU(ctx context.Context, f finding, q string) (match, error) {
	return serviceMatch(f.ServiceWithONU(ctx, f.tenant, strings.ToUpper(q)))
}

// byCPE takes ids of routers as they were entered: they have small letters.
func byCPE(ctx context.Context, f finding, q string) (match, error) {
	return serviceMatch(f.ServiceWithCPE(ctx, f.tenant, q))
}

func bySubscriber(ctx context.Context, f finding, q string) (match, error) {
	a, err := f.Subscriber(ctx, f.tenant, strings.ToLower(q))
	if err != nil {
		return match{}, err
	}
	return serviceMatch(f.Service(ctx, f.tenant, a.Service))
}

func customerMatch(c account.Customer) match {
	m := match{"customer", string(c.ID), c.ID, cmp.Or(c.Name, c.Username, c.Email)}
	if c.Gone() {
		m.Label = string(c.Status)
	}
	return m
}

func serviceMatch(s provisioning.Service, err error) (match, error) {
	return match{"service", string(s.ID), s.Customer, s.Name + ", " + string(s.State)}, err
}
