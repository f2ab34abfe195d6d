// Package rest is the runtime of API functions: typed operations with validation and OpenAPI 3.1 by huma, errors as
// problem+json (RFC 9457) with stable codes, access tokens verified in process, Idempotency-Key on every POST,
// request and correlation ids, one access line and one metric a request.
//
// An operation states in its declaration who may call it; without that statement nobody may. The package knows no
// domain and no store.
package rest

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/base/freetext"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/platform/gateway"
)

// MaxBody is the largest request body in bytes. The largest honest one is a few KiB.
const MaxBody = 64 << 10

// Audience says who may call an operation. The zero value is nobody: a forgotten audience fails closed.
type Audience int

// The audiences.
const (
	Nobody   Audience = iota
	Public            // anybody, without a token
	Customer          // a customer with an access token
	Provider          // a webhook sender that proves itself by signature; the operation checks it
	Staff             // a member of the operator's staff with an access token that holds one of the operation's roles
	Person            // a customer, about what is theirs, or a member of staff with one of the roles
	Machine           // the operator's equipment, with a key of its own
)

// message tells whether the operation takes messages of a program that knows nothing of our keys and tokens: they are read raw, and
// repeated as the sender pleases.
func (op Op) message() bool { return op.Audience == Provider || op.Audience == Machine }

// Op declares an operation. It is the source of the route, the OpenAPI entry and the journey table.
type Op struct {
	ID       string // operationId
	Method   string
	Path     string
	Audience Audience
	Roles    []string      // of staff that may call it, any one of them; Staff and Person operations need some
	Early    token.Pending // what may still be pending for a customer who calls it; by default nothing
	Service  string        // the service it belongs to: OpenAPI tag
	Summary  string
	About    string // OpenAPI description
	Step     string // the customer's step in the journey, empty when it is not one
	Status   int    // of success; 200 when zero
	Faults   []*fault.Fault
	Events   []string // types of the events it leads to
	Request  any      // example of the body
	Answer   any      // example of the answer's body
	Media    string   // media type of a raw answer's body; application/json when empty
	// Variants are further examples of the answer's body by what they show; Answer then is shown as "usual".
	Variants map[string]any
}

// Admits tells whether a customer for whom something is pending may call the operation: what is pending, or what comes after
// it, must be allowed.
func (op Op) Admits(p token.Pending) bool {
	return p == token.Nothing || op.Early == token.Verification || p == op.Early
}

// Who says for people who may call the operation.
func (op Op) Who() string {
	who := op.Audience.String()
	if len(op.Roles) > 0 {
		who += " and the role " + strings.Join(op.Roles, " or ")
	}
	switch op.Early {
	case token.Verification:
		who += "; also before the mail address is confirmed"
	case token.Profile:
		who += "; also before there is a profile"
	}
	return who
}

// Options of an API.
type Options struct {
	Tenant   id.Tenant       // the client account of this deployment, for callers without a token
	Machines Machines        // who of the equipment may call; nil where no operation is for them
	Verifier *token.Verifier // nil only where no operation needs a token, or to print OpenAPI
	Visitors gateway.Keys    // of our own pages, which say for whom they call; nil where the caller's address counts
	Clock    clock.Clock
	Title    string
	Version  string
	About    string
}

// API collects operations and serves them.
type API struct {
	huma huma.API
	mux  *http.ServeMux
	opts Options
	ops  []Op
}

// New makes an empty API.
func New(o Options) *API {
	cfg := huma.DefaultConfig(o.Title, o.Version)
	cfg.Info.Description = o.About
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", "" // served by the reference function, from the whole document
	cfg.CreateHooks = nil                                       // no $schema links in answers
	cfg.RejectUnknownQueryParameters = true
	cfg.Components.Schemas = schemas()
	cfg.Components.Headers, cfg.Components.Parameters = shared()
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"customer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "The accessToken answered by registerCustomer, login or refresh."},
		"staff":    {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An access token of the operator's staff, which holds their roles."},
		"machine":  {Type: "apiKey", In: "header", Name: MachineHeader, Description: "The key of the operator's equipment."},
		"provider": {Type: "apiKey", In: "header", Name: "Stripe-Signature", Description: "Signature of the PSP over the raw body."},
	}
	mux := http.NewServeMux()
	a := &API{huma: humago.New(mux, cfg), mux: mux, opts: o}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { writeProblem(w, r, fault.ErrMethod) })
	return a
}

// OpenAPI is the document of all operations registered so far.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// Operations lists the declarations in the order of registration.
func (a *API) Operations() []Op { return a.ops }

// Register adds an operation. Errors of handle that are not Faults are logged and answered as internal. It panics on
// an operation for staff that names no role, on roles for anybody else, and on Early where no customer calls: slips of its
// author.
func Register[I, O any](a *API, op Op, handle func(context.Context, *I) (*O, error)) {
	if op.Audience.staff() != (len(op.Roles) > 0) {
		panic("rest: " + op.ID + ": operations for staff name the roles that may call them, others name none")
	}
	if op.Early != token.Nothing && !op.Audience.customers() {
		panic("rest: " + op.ID + ": nothing is pending for those who call it")
	}
	op.Faults = append(CommonFaults(op), op.Faults...)
	if body, has := reflect.TypeFor[I]().FieldByName("Body"); has && !op.message() && holdsText(body.Type) {
		op.Faults = append(op.Faults, freetext.ErrCardNumber)
	}
	a.ops = append(a.ops, op)
	declared := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Tags: []string{op.Service}, Summary: op.Summary,
		Description: op.About, DefaultStatus: op.Status, MaxBodyBytes: MaxBody, BodyReadTimeout: -1,
		Middlewares:      huma.Middlewares{a.admit(op)},
		SkipValidateBody: op.message(), // the signature is over the raw bytes; it comes before any reading
	}
	if op.Audience.customers() {
		declared.Security = append(declared.Security, map[string][]string{"customer": {}})
	}
	if op.Audience.staff() {
		declared.Security = append(declared.Security, map[string][]string{"staff": {}})
	}
	if op.Audience == Provider {
		declared.Security = []map[string][]string{{"provider": {}}}
	}
	if op.Audience == Machine {
		declared.Security = []map[string][]string{{"machine": {}}}
	}
	if needsKey(op) {
		declared.Parameters = []*huma.Param{keyParameter()}
	}
	huma.Register(a.huma, declared, func(ctx context.Context, in *I) (*O, error) {
		if err := refuseCards(in); err != nil {
			return nil, problemOf(ctx, err)
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return out, nil
	})
	a.describe(op)
}

// CommonFaults are those every operation of its kind may answer.
func CommonFaults(op Op) []*fault.Fault {
	common := []*fault.Fault{fault.ErrInvalid, fault.ErrUnavailable, fault.ErrInternal}
	if op.Method != http.MethodGet && op.Method != http.MethodDelete {
		common = append(common, fault.ErrTooLarge)
	}
	if op.Audience.SignedIn() {
		common = append(common, fault.ErrTokenMissing, token.ErrInvalid)
	}
	if op.Audience == Machine {
		common = append(common, ErrMachine)
	}
	if op.Audience.staff() {
		common = append(common, fault.ErrForbidden)
	}
	if op.Audience.customers() && op.Early != token.Verification {
		common = append(common, token.ErrUnverified)
		if op.Early == token.Nothing {
			common = append(common, token.ErrNoProfile)
		}
	}
	if needsKey(op) {
		common = append(common, fault.ErrKeyMissing, fault.ErrKeyReused)
	}
	return common
}
