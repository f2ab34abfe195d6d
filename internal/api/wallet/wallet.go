// Package wallet is the wallet service for customers: what they have and what moved it. It moves nothing itself: orders
// and staff do.
package wallet

import (
	"context"
	"net/http"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/domain/ledger"
	domain "turnup/internal/domain/wallet"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "wallet"

// Store reads wallets.
type Store interface {
	// Wallet reads what a customer has in a currency; nothing when there never was a movement.
	Wallet(ctx context.Context, tenant id.Tenant, customer id.Customer, currency string) (domain.Balance, error)
	// WalletEntries reads one page of its movements, newest first.
	WalletEntries(ctx context.Context, tenant id.Tenant, customer id.Customer, currency, after string, limit int32) (page []ledger.Entry, next string, err error)
}

// Deps are the parts the service works with.
type Deps struct{ Store Store }

type service struct{ Deps }

type view struct {
	Available money.Amount `json:"available" doc:"What can be spent"`
	Held      money.Amount `json:"held" doc:"Belongs to the customer and cannot be spent for now"`
}

type entry struct {
	EntryID   id.Entry     `json:"entryId" doc:"Id of the movement; quote it when you ask about it" example:"led_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Kind      ledger.Kind  `json:"kind" enum:"top_up,wallet_sale,wallet_invoice,refund,operator_credit,operator_debit,hold,release" doc:"What it was for" example:"operator_credit"`
	Amount    money.Amount `json:"amount" doc:"What it added to the available balance; negative when it took away"`
	Available money.Amount `json:"available" doc:"What could be spent after it"`
	Held      money.Amount `json:"held" doc:"What was on hold after it"`
	Reference string       `json:"reference" doc:"The order it belongs to; of a movement by the operator its own id" example:"ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	At        time.Time    `json:"at" doc:"When" example:"2030-01-01T12:10:00Z"`
}

// CurrencyQuery names a wallet. (huma reads embedded structs only when they are exported.)
type CurrencyQuery struct {
	Currency string `query:"currency" required:"true" pattern:"^[A-Z]{3}$" patternDescription:"an ISO 4217 code" doc:"A customer has one wallet in each currency" example:"EUR"`
}

type listInput struct {
	CurrencyQuery
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most entries a page"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"RU5UUlkjRVVSIzAwMDAwMDAwMDAwMQ"`
}

type walletOutput struct {
	Body view
}

type page struct {
	Entries    []entry `json:"entries" nullable:"false" doc:"Newest first"`
	NextCursor string  `json:"nextCursor,omitempty" doc:"Present when there may be more" example:"RU5UUlkjRVVSIzAwMDAwMDAwMDAwMQ"`
}

type listOutput struct {
	Body page
}

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	eur := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }
	rest.Register(a, rest.Op{
		ID: "getWallet", Method: http.MethodGet, Path: "/wallet", Audience: rest.Customer, Service: Service,
		Summary: "Read one's own wallet",
		About:   "Only what is available can pay for an order. A wallet nobody ever put money into is empty.",
		Answer:  view{Available: eur(2500), Held: eur(0)},
	}, s.get)
	rest.Register(a, rest.Op{
		ID: "listWalletEntries", Method: http.MethodGet, Path: "/wallet/entries", Audience: rest.Customer, Service: Service,
		Summary: "List what moved one's own wallet, newest first",
		About:   "The entries sum to the balance. Go on with the nextCursor while there is one.",
		Faults:  []*fault.Fault{fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")},
		Answer: page{Entries: []entry{{EntryID: "led_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Kind: ledger.KindOperatorCredit, Amount: eur(2500), Available: eur(2500), Held: eur(0),
			Reference: "led_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", At: time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC)}}},
	}, s.list)
}

func (s service) get(ctx context.Context, in *CurrencyQuery) (*walletOutput, error) {
	caller := rest.CallerOf(ctx)
	b, err := s.Store.Wallet(ctx, caller.Tenant, caller.Customer, in.Currency)
	if err != nil {
		return nil, err
	}
	return &walletOutput{view{Available: b.AvailableAmount(), Held: b.HeldAmount()}}, nil
}

func (s service) list(ctx context.Context, in *listInput) (*listOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	caller := rest.CallerOf(ctx)
	found, next, err := s.Store.WalletEntries(ctx, caller.Tenant, caller.Customer, in.Currency, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := page{Entries: []entry{}, NextCursor: rest.Cursor(next)}
	for _, e := range found {
		in := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: e.Currency} }
		out.Entries = append(out.Entries, entry{EntryID: e.ID, Kind: e.Kind, Amount: in(-e.On(ledger.Wallet)), Available: in(e.Balance), Held: in(e.Held),
			Reference: e.Reference, At: e.At})
	}
	return &listOutput{out}, nil
}
