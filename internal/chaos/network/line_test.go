package network

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"turnup/internal/base/id"
	"turnup/internal/base/lineitem"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/domain/account"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/domain/wallet"
	"turnup/internal/plant"
)

// Line is a fibre line that a customer bought for a home.
type Line struct {
	*World
	Customer id.Customer
	Order    order.Order
	Service  id.Service
	Home     plant.Home
	Location id.Location
	parked   map[domain.Kind]bool // the works that were seen to be parked
}

var price = money.Amount{Minor: 2999, Currency: "EUR"}

// lines numbers homes and customers.
var lines atomic.Int64

// build makes a home, in the network and on record, with its customer, whose wallet has what a line costs.
func (w *World) build(ctx context.Context) (*Line, error) {
	n := lines.Add(1)
	l := &Line{World: w, parked: map[domain.Kind]bool{}, Customer: id.New[id.Customer](id.CustomerPrefix, time.Now()), Location: id.Location(fmt.Sprintf("loc-%d", n)),
		Home: plant.Home{ONU: fmt.Sprintf("BBSM%08X", n), CPE: fmt.Sprintf("202BC1-BM632w-%06d", n), OLT: "olt-1", PON: fmt.Sprintf("pon-0/%d", n%8), Model: []string{plant.TR181, plant.TR098}[n%2]}}
	if err := w.Plant.Build(l.Home); err != nil {
		return nil, err
	}
	who := account.Customer{Tenant: w.tenant, ID: l.Customer, Name: "Ada", Country: "DE", Status: account.Active, Version: 1}
	if err := w.Store.SaveAccount(ctx, account.Change{Tenant: w.tenant, Account: l.Customer, Customer: &who}); err != nil {
		return nil, err
	}
	err := w.Store.SaveLocation(ctx, domain.Location{Tenant: w.tenant, ID: l.Location, Address: domain.Address{Street: "Ring", House: fmt.Sprint(n), Postcode: "10115", City: "Berlin", Country: "DE"},
		Port: domain.Port{OLT: l.Home.OLT, PON: l.Home.PON}, Most: domain.Profile{DownKbps: 1e6, UpKbps: 1e6}, Equipment: domain.Equipment{ONU: l.Home.ONU, CPE: l.Home.CPE}, Serving: true, Version: 1})
	if err != nil {
		return nil, err
	}
	return l, w.Store.MoveWallet(ctx, l.use("fund"), w.tenant, l.Customer, price.Currency, func(b wallet.Balance) (wallet.Balance, ledger.Entry, error) {
		next, err := b.Credit(price)
		return next, ledger.OperatorCredit(ledger.ByStaff{Tenant: w.tenant, Customer: l.Customer, By: "stf_1", Reason: "test", At: time.Now().UTC().Truncate(time.Millisecond)}, price), err
	})
}

func (l *Line) use(key string) *once.Use {
	use := &once.Use{Request: once.Request{Tenant: l.tenant, Caller: string(l.Customer), Key: key, Fingerprint: key}}
	_ = use.Answer(key)
	return use
}

// buy orders a line for the home and pays it from the wallet. What comes of it is on the bus.
func (l *Line) buy(ctx context.Context) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	o := order.Order{Tenant: l.tenant, Customer: l.Customer, ID: id.New[id.Order](id.OrderPrefix, now), Total: price, ExpiresAt: now.Add(time.Hour),
		Subscriptions: []id.Subscription{id.New[id.Subscription](id.SubscriptionPrefix, now)},
		Lines: []lineitem.Line{{ItemID: "plan_fibre-300", Name: "Fibre 300", Type: lineitem.Subscription, Price: price, Quantity: 1, BillingPeriod: "P1M",
			Access: &lineitem.Access{DownKbps: 300000, UpKbps: 150000, Location: l.Location}}}}
	l.Order = order.Place(o, now)
	l.Service = domain.ServiceOf(o.Subscriptions[0])
	if err := l.Store.Place(ctx, l.use("order"), l.Order, nil, 5); err != nil {
		return err
	}
	return l.Store.PayByWallet(ctx, l.use("pay"), l.tenant, l.Customer, o.ID, func(order.Order) error { return nil })
}

// is the service as it is now.
func (l *Line) is(ctx context.Context) (domain.Service, error) {
	return l.Store.Service(ctx, l.tenant, l.Service)
}

// asked are the repetitions of a request by staff under the same key, until it is answered.
const asked = 5

// ask has staff call an operation on the service, again while it is not answered.
func (l *Line) ask(ctx context.Context, operation, body string) error {
	key := fmt.Sprintf("%s-%d", operation, lines.Add(1))
	var answer *httptest.ResponseRecorder
	for range asked {
		in := &invocation{wire: l.Wire, function: l.now("staff " + operation)}
		request := func(ctx context.Context) {
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("/services/%s/%s", l.Service, operation), strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+l.token)
			r.Header.Set("Idempotency-Key", key)
			r.Header.Set("Content-Type", "application/json")
			out := httptest.NewRecorder()
			l.staff.ServeHTTP(out, r)
			answer = out
		}
		in.again = func() {
			invoke(ctx, &invocation{wire: l.Wire, function: in.function, undisturbed: true}, request)
		}
		answer = nil
		if !invoke(ctx, in, request) && answer.Code < http.StatusInternalServerError {
			break
		}
	}
	if answer == nil || answer.Code != http.StatusAccepted {
		return fmt.Errorf("staff's %s was answered %s", operation, said(answer))
	}
	return nil
}

func said(answer *httptest.ResponseRecorder) string {
	if answer == nil {
		return "not at all"
	}
	var p struct{ Code string }
	_ = json.Unmarshal(answer.Body.Bytes(), &p)
	return fmt.Sprintf("%d %s", answer.Code, p.Code)
}

// bodies are what the operations are told.
var bodies = map[string]string{"suspend": `{"reason":"test"}`, "resume": `{}`}

// request asks for a kind of work, and carries on all that follows.
func (l *Line) request(ctx context.Context, kind domain.Kind) error {
	before := l.begin(kind)
	if before == "" { // the first
		before = kind
	}
	var err error
	if kind == domain.Provision {
		err = l.buy(ctx)
	} else {
		err = l.ask(ctx, string(kind), bodies[string(kind)])
	}
	l.pump(ctx)
	return err
}

// terminateNow is request in the midst of another work.
func (l *Line) terminateNow() {
	ctx := context.Background()
	before := l.begin(domain.Terminate)
	defer l.begin(before)
	if err := l.ask(ctx, "terminate", ""); err != nil {
		l.mu.Lock()
		l.stuck = append(l.stuck, err.Error())
		l.mu.Unlock()
	}
	l.pump(ctx)
}
