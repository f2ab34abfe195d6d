// Package walletadmin is the wallet service for staff: reading customers' wallets and moving them by hand. Each movement
// names who of the staff made it and why.
package walletadmin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/money"
	"turnup/internal/base/once"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	"turnup/internal/domain/wallet"
	"turnup/internal/platform/rest"
)

// Service is the OpenAPI tag.
const Service = "wallet"

// Store keeps wallets.
type Store interface {
	once.Memory
	Customer(ctx context.Context, tenant id.Tenant, customer id.Customer) (account.Customer, error)
	// WalletOf reads a wallet; account.ErrUnknown for a customer there is not.
	WalletOf(ctx context.Context, tenant id.Tenant, customer id.Customer, currency string) (wallet.Balance, error)
	WalletEntries(ctx context.Context, tenant id.Tenant, customer id.Customer, currency, after string, limit int32) (page []ledger.Entry, next string, err error)
	// MoveWallet moves a wallet as decide says of its balance; decide is asked again when somebody was faster.
	MoveWallet(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, currency string,
		decide func(wallet.Balance) (wallet.Balance, ledger.Entry, error)) error
	// RefundOrder does the same with an order whose money goes back to the wallet; unknown is order.ErrUnknown.
	RefundOrder(ctx context.Context, use *once.Use, tenant id.Tenant, customer id.Customer, o id.Order, currency string,
		decide func(order.Order, wallet.Balance) (order.Order, wallet.Balance, ledger.Entry, error)) error
}

// Deps are the parts the service works with.
type Deps struct {
	Store Store
	Clock clock.Clock
}

type service struct{ Deps }

// CustomerPath names whose wallet it is. (huma reads embedded structs only when they are exported.)
type CustomerPath struct {
	CustomerID id.Customer `path:"customerId" maxLength:"40" pattern:"^cus_[0-9A-Z]{26}$" patternDescription:"a customer id" doc:"Whose wallet it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
}

// CurrencyQuery names which of their wallets.
type CurrencyQuery struct {
	Currency string `query:"currency" required:"true" pattern:"^[A-Z]{3}$" patternDescription:"an ISO 4217 code" doc:"A customer has one wallet in each currency" example:"EUR"`
}

type readInput struct {
	CustomerPath
	CurrencyQuery
}

type listInput struct {
	CustomerPath
	CurrencyQuery
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Most entries a page"`
	Cursor string `query:"cursor" maxLength:"700" doc:"The nextCursor of the page before" example:"RU5UUlkjRVVSIzAwMDAwMDAwMDAwMQ"`
}

type view struct {
	CustomerID id.Customer  `json:"customerId" doc:"Whose wallet it is" example:"cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Available  money.Amount `json:"available" doc:"What can be spent"`
	Held       money.Amount `json:"held" doc:"Belongs to the customer and cannot be spent for now"`
}

type entry struct {
	EntryID   id.Entry     `json:"entryId" doc:"Id of the movement" example:"led_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Kind      ledger.Kind  `json:"kind" enum:"top_up,wallet_sale,wallet_invoice,refund,operator_credit,operator_debit,hold,release" doc:"What it was for" example:"operator_credit"`
	Amount    money.Amount `json:"amount" doc:"What it added to the available balance; negative when it took away"`
	Available money.Amount `json:"available" doc:"What could be spent after it"`
	Held      money.Amount `json:"held" doc:"What was on hold after it"`
	Reference string       `json:"reference" doc:"The order it belongs to; of a movement by staff its own id" example:"led_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"`
	Reason    string       `json:"reason,omitempty" doc:"Why, in the words of staff" example:"Goodwill for the outage in May"`
	By        string       `json:"by,omitempty" doc:"Who of the staff" example:"ada"`
	At        time.Time    `json:"at" doc:"When" example:"2030-01-01T12:10:00Z"`
}

func entryOf(e ledger.Entry) entry {
	in := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: e.Currency} }
	return entry{EntryID: e.ID, Kind: e.Kind, Amount: in(-e.On(ledger.Wallet)), Available: in(e.Balance), Held: in(e.Held), Reference: e.Reference,
		Reason: e.Reason, By: e.By, At: e.At}
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

var (
	readers      = []string{token.RoleAdmin, token.RoleSupport, token.RoleBilling}
	exampleEntry = entry{EntryID: "led_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Kind: ledger.KindOperatorCredit, Amount: money.Amount{Minor: 2500, Currency: "EUR"},
		Available: money.Amount{Minor: 2500, Currency: "EUR"}, Held: money.Amount{Currency: "EUR"}, Reference: "led_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA",
		Reason: "Goodwill for the outage in May", By: "ada", At: time.Date(2030, 1, 1, 12, 10, 0, 0, time.UTC)}
)

// Register adds the operations to an API.
func Register(a *rest.API, d Deps) {
	s := service{d}
	rest.Register(a, rest.Op{
		ID: "readWallet", Method: http.MethodGet, Path: "/admin/customers/{customerId}/wallet", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "Read a customer's wallet",
		About:   "As the customer sees it. A wallet nobody ever put money into is empty.",
		Faults:  []*fault.Fault{account.ErrUnknown},
		Answer:  view{CustomerID: "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", Available: exampleEntry.Available, Held: exampleEntry.Held},
	}, s.read)
	rest.Register(a, rest.Op{
		ID: "readWalletEntries", Method: http.MethodGet, Path: "/admin/customers/{customerId}/wallet/entries", Audience: rest.Staff, Roles: readers, Service: Service,
		Summary: "List what moved a customer's wallet, newest first",
		About:   "The entries sum to the balance. Go on with the nextCursor while there is one.",
		Faults:  []*fault.Fault{account.ErrUnknown, fault.ErrCursor.Naming("query.cursor", "not a cursor of this list")},
		Answer:  page{Entries: []entry{exampleEntry}},
	}, s.list)
	s.registerMove(a)
}

// known answers account.ErrUnknown for a customer there is not.
func (s service) known(ctx context.Context, customer id.Customer) error {
	_, err := s.Store.Customer(ctx, rest.CallerOf(ctx).Tenant, customer)
	if errors.Is(err, fault.ErrNotFound) {
		return account.ErrUnknown
	}
	return err
}

func (s service) read(ctx context.Context, in *readInput) (*walletOutput, error) {
	b, err := s.Store.WalletOf(ctx, rest.CallerOf(ctx).Tenant, in.CustomerID, in.Currency)
	if err != nil {
		return nil, err
	}
	return &walletOutput{view{CustomerID: in.CustomerID, Available: b.AvailableAmount(), Held: b.HeldAmount()}}, nil
}

func (s service) list(ctx context.Context, in *listInput) (*listOutput, error) {
	after, err := rest.Position(in.Cursor)
	if err != nil {
		return nil, err
	}
	if err := s.known(ctx, in.CustomerID); err != nil {
		return nil, err
	}
	found, next, err := s.Store.WalletEntries(ctx, rest.CallerOf(ctx).Tenant, in.CustomerID, in.Currency, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := page{Entries: []entry{}, NextCursor: rest.Cursor(next)}
	for _, e := range found {
		out.Entries = append(out.Entries, entryOf(e))
	}
	return &listOutput{out}, nil
}
