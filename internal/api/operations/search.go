package operations

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/domain/account"
	"turnup/internal/domain/history"
	"turnup/internal/domain/invoice"
	"turnup/internal/domain/order"
	"turnup/internal/domain/payment"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/signup"
	"turnup/internal/domain/subscriber"
	"turnup/internal/domain/subscription"
	"turnup/internal/domain/ticket"
	"turnup/internal/platform/rest"
)

// Finder reads things by what they are called. What there is not is a fault of the kind NotFound.
type Finder interface {
	Customer(ctx context.Context, tenant id.Tenant, c id.Customer) (account.Customer, error)
	AccountBy(ctx context.Context, tenant id.Tenant, name account.Login) (id.Customer, error)
	// CustomersCalled reads some of those of whose names each word that is asked for begins a word, in the order of the names.
	CustomersCalled(ctx context.Context, tenant id.Tenant, asked string, limit int32) ([]account.Customer, error)
	// Reference reads whose an order or invoice is, by id or printed number.
	Reference(ctx context.Context, tenant id.Tenant, name string) (history.Reference, error)
	Order(ctx context.Context, tenant id.Tenant, c id.Customer, o id.Order) (order.Order, error)
	Invoice(ctx context.Context, tenant id.Tenant, c id.Customer, i id.Invoice) (invoice.Invoice, error)
	Payment(ctx context.Context, tenant id.Tenant, p id.Payment) (payment.Payment, error)
	SubscriptionOf(ctx context.Context, tenant id.Tenant, s id.Subscription) (subscription.Subscription, error)
	Service(ctx context.Context, tenant id.Tenant, s id.Service) (provisioning.Service, error)
	ServiceWithONU(ctx context.Context, tenant id.Tenant, serial string) (provisioning.Service, error)
	ServiceWithCPE(ctx context.Context, tenant id.Tenant, cpe string) (provisioning.Service, error)
	Subscriber(ctx context.Context, tenant id.Tenant, username string) (subscriber.Account, error)
	Ticket(ctx context.Context, tenant id.Tenant, t id.Ticket) (ticket.Ticket, error)
	Signup(ctx context.Context, tenant id.Tenant, s id.Signup) (signup.Signup, error)
}

// namesShown is how many customers of a name are shown: who finds too many types more of it.
const namesShown = 20

type searchInput struct {
	Q string `query:"q" required:"true" minLength:"2" maxLength:"254" doc:"What is known: a whole id, mail address, user name, invoice number, serial number or RADIUS user name, or the beginning of words of a customer's name" example:"INV-3-000042"`
}

type searchOutput struct{ Body matches }

type matches struct {
	Matches []match `json:"matches" nullable:"false" doc:"What is called so; nothing when there is no such thing"`
}

type match struct {
	Kind       string      `json:"kind" enum:"customer,order,invoice,payment,subscription,service,ticket,signup" doc:"What it is" example:"invoice"`
	ID         string      `json:"id" doc:"Its id" example:"inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	CustomerID id.Customer `json:"customerId,omitempty" doc:"Whose it is; missing of a signup that has no customer yet" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Label      string      `json:"label" doc:"For people: a customer's name, or what it is and how it stands" example:"INV-3-000042, open"`
}

func (s service) registerSearch(a *rest.API) {
	rest.Register(a, rest.Op{
		ID: "search", Method: http.MethodGet, Path: "/admin/search", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "Find a customer by anything that is theirs",
		About: "By an id of a customer, order, invoice, payment, subscription, service, ticket or signup; by a mail address, a user name, the number printed on an invoice, the serial number of an ONU, the id of a router, a RADIUS user name; " +
			"or by words of a customer's name or the beginnings of them, in any order, of which at least one is of the first or the last word of it; some are shown. Capitals and accents do not matter, and ü may be written ue. Orders and invoices are found within seconds of being made. Of an erased customer only ids are found.",
		Answer: matches{[]match{{"invoice", "inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "INV-3-000042, open"}}},
	}, s.search)
}

func (s service) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	f := finding{Finder: s.Store, tenant: rest.CallerOf(ctx).Tenant}
	q := strings.TrimSpace(in.Q)
	if idOf.MatchString(q) {
		prefix, ulid := strings.ToLower(q[:idPrefix]), strings.ToUpper(q[idPrefix:])
		if find := byID(prefix); find != nil {
			f.add(find(ctx, f, prefix+ulid))
			return f.out()
		}
	}
	for _, find := range []func(context.Context, finding, string) (match, error){byLogin, byNumber, byONU, byCPE, bySubscriber} {
		f.add(find(ctx, f, q))
	}
	f.addNames(ctx, q)
	return f.out()
}

// idPrefix is how long the prefixes of the ids are that are found here.
const idPrefix = 4

// idOf is the form of an id.
var idOf = regexp.MustCompile(`^(?i)[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}$`)

// finding is one search.
type finding struct {
	Finder
	tenant id.Tenant
	found  []match
	err    error
}

func notFound(err error) bool {
	f := fault.Of(err)
	return f != nil && f.Kind == fault.NotFound
}

// add takes what was found, once: what there is not is none.
func (f *finding) add(m match, err error) {
	if notFound(err) {
		return
	}
	if err != nil && f.err == nil {
		f.err = err
	}
	if err == nil && m.ID != "" && !slices.ContainsFunc(f.found, func(other match) bool { return other.ID == m.ID }) {
		f.found = append(f.found, m)
	}
}

func (f *finding) addNames(ctx context.Context, q string) {
	called, err := f.CustomersCalled(ctx, f.tenant, q, namesShown)
	f.add(match{}, err)
	for _, c := range called {
		f.add(customerMatch(c), nil)
	}
}

func (f *finding) out() (*searchOutput, error) {
	if f.err != nil {
		return nil, f.err
	}
	return &searchOutput{matches{append([]match{}, f.found...)}}, nil
}
