package check

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strings"

	"turnup/internal/base/event"
	"turnup/internal/domain/webhook"
	"turnup/internal/platform/rest"
)

// EventData is the data type of each event type, one for each version. A type that event/types.go declares and this list
// lacks is a finding.
var EventData = []event.Data{
	event.CustomerRegistered{}, event.PaymentInitiated{}, event.PaymentSucceeded{}, event.PaymentFailed{}, event.PaymentRefunded{}, event.PaymentParked{},
	event.ContractSigned{}, event.OrderCreated{}, event.OrderPaid{}, event.OrderDelivered{}, event.OrderCancelled{},
	event.TimerDue{}, event.ClockAdvanced{},
	event.RefundRequested{}, event.RefundSettled{}, event.RefundParked{}, event.PaymentDisputed{}, event.DisputeClosed{},
	event.AccountRegistered{}, event.AccountVerified{}, event.AccountExpired{}, event.VerificationRequested{}, event.SessionStarted{}, event.SessionEnded{},
	event.PasswordResetRequested{}, event.PasswordChanged{}, event.EmailChangeRequested{}, event.EmailChanged{},
	event.SecondFactorEnabled{}, event.SecondFactorDisabled{}, event.CustomerUpdated{}, event.CustomerErased{},
	event.TicketOpened{}, event.TicketAnswered{}, event.TicketResolved{}, event.TicketReopened{}, event.TicketUpdated{}, event.MailBounced{},
	event.StaffInvited{}, event.StaffUpdated{}, event.StaffRemoved{},
	event.ServiceOrdered{}, event.ProvisioningRequested{}, event.ProvisioningParked{}, event.ServiceActivated{}, event.ServiceSuspended{}, event.ServiceResumed{}, event.ServiceTerminated{},
	event.InvoiceClosed{}, event.WebhookEndpointDisabled{},
	event.AccessChanged{}, event.NASRestarted{}, event.UsageReached{}, event.LineAlarmed{}, event.DiagnosisRequested{}, event.DiagnosisFinished{},
	event.RenewalUpcoming{}, event.CardExpiring{}, event.SubscriptionRenewed{}, event.InvoiceIssued{}, event.InvoicePaid{}, event.DunningStarted{}, event.DunningReminded{}, event.DunningEnded{}, event.SuspensionHeld{},
	event.SubscriptionSuspended{}, event.SubscriptionResumed{},
	event.SubscriptionChanged{}, event.SubscriptionChangeScheduled{}, event.SubscriptionChangeWithdrawn{}, event.SubscriptionCancelled{}, event.SubscriptionCancellationWithdrawn{},
	event.SubscriptionEnded{}, event.SubscriptionPaused{},
	event.SignupStarted{}, event.SignupStepCompleted{}, event.SignupStepTimedOut{}, event.SignupPageUnavailable{}, event.SignupRequested{}, event.SignupRequestedTmp{}, event.SignupFailed{},
	event.DeadLettersRedriven{}, event.ConfigurationChanged{}, event.WalletMoved{},
	event.MaintenanceAnnounced{}, event.MaintenanceChanged{}, event.MaintenanceWithdrawn{},
	event.SignupCompleted{}, event.SignupExpired{}, event.SignupResumeRequested{}, event.ThankYouPagePublished{},
}

// SchemaFolder holds the schemas and samples of the events.
const SchemaFolder = "internal/base/event/schemas"

// EventFile is the name of a schema, or of a sample, of a type and version.
func EventFile(data event.Data, suffix string) string {
	typ, version := data.EventType()
	return fmt.Sprintf("%s.v%d%s", typ, version, suffix)
}

// DeclaredTypes finds the event types that are declared as constants of event.Type.
func DeclaredTypes(s Source) map[string]bool {
	out := map[string]bool{}
	for _, f := range s.production().in("internal/base/event") {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Type" {
				return true
			}
			for _, v := range spec.Values {
				if name, ok := literal(v); ok {
					out[name] = true
				}
			}
			return true
		})
	}
	return out
}

// EventFiles checks that the types, the list above and the files of the folder are the same.
func EventFiles(declared map[string]bool, types []event.Data, files map[string]bool) []string {
	var out findings
	listed, wanted := map[string]bool{}, set("README.md", "envelope.json")
	for _, d := range types {
		typ, _ := d.EventType()
		listed[string(typ)] = true
		for _, suffix := range []string{".json", ".sample.json"} {
			wanted[EventFile(d, suffix)] = true
		}
	}
	for _, typ := range missing(declared, listed) {
		out.add("event type %s has no data type in check.EventData", typ)
	}
	for _, typ := range missing(listed, declared) {
		out.add("event type %s is not declared", typ)
	}
	for _, name := range missing(wanted, files) {
		out.add("%s/%s is missing", SchemaFolder, name)
	}
	for _, name := range missing(files, wanted) {
		out.add("%s/%s belongs to no event type", SchemaFolder, name)
	}
	return out.sorted()
}

// Traffic is who sends and who takes the events.
type Traffic struct {
	Producers map[string][]string // type → packages
	Rules     []Rule
}

// TrafficOf finds the producers in the code (a function that calls event.New and has a literal of the data) and the
// consumers in the template. A rule that answers with the data of events leaves it to the store to make
// events of them, in one transaction with the state.
func TrafficOf(s Source, t *Template, types []event.Data) Traffic {
	byName := map[string]string{}
	for _, d := range types {
		typ, _ := d.EventType()
		byName[reflect.TypeOf(d).Name()] = string(typ)
	}
	found := map[string]map[string]bool{}
	for _, f := range s.production() {
		if layer, _ := layerOf(f.Dir()); layers[layer] == nil {
			continue
		}
		name := f.nameOf(module + "/internal/base/event")
		for _, d := range f.AST.Decls {
			made, announces := eventsMade(d, name)
			for data := range made {
				if typ := byName[data]; typ != "" && announces {
					if found[typ] == nil {
						found[typ] = map[string]bool{}
					}
					found[typ][f.Dir()] = true
				}
			}
		}
	}
	out := Traffic{Producers: map[string][]string{}, Rules: t.Rules()}
	for typ, dirs := range found {
		out.Producers[typ] = sortedKeys(dirs)
	}
	return out
}

func eventsMade(d ast.Decl, eventName string) (made map[string]bool, announces bool) {
	made = map[string]bool{}
	if fn, ok := d.(*ast.FuncDecl); ok && fn.Type.Results != nil {
		for _, r := range fn.Type.Results.List {
			of := r.Type
			if list, ok := of.(*ast.ArrayType); ok {
				of = list.Elt
			}
			if name, ok := selected(of, eventName); ok && name == "Data" {
				announces = true
			}
		}
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CallExpr:
			if name, ok := selected(x.Fun, eventName); ok && name == "New" {
				announces = true
			}
		case *ast.CompositeLit:
			if name, ok := selected(x.Type, eventName); ok {
				made[name] = true
			}
		}
		return true
	})
	return made, announces
}

// Routed checks that every type is produced and goes somewhere, and that rules name types there are.
func Routed(declared map[string]bool, traffic Traffic) []string {
	var out findings
	routed := map[string]bool{}
	for _, r := range traffic.Rules {
		for _, typ := range r.Types {
			routed[typ] = true
			if !declared[typ] {
				out.add("rule %s routes %s, which is no event type", r.Name, typ)
			}
		}
		for _, typ := range missing(set(r.AllBut...), declared) {
			out.add("rule %s leaves out %s, which is no event type", r.Name, typ)
		}
		if len(r.Sources) != 1 || r.Sources[0] != "turnup" {
			out.add("rule %s should take events of source turnup only", r.Name)
		}
	}
	for _, typ := range sortedKeys(declared) {
		if len(traffic.Producers[typ]) == 0 {
			out.add("nobody produces %s", typ)
		}
		if !routed[typ] {
			out.add("no rule routes %s", typ)
		}
	}
	return out.sorted()
}

// EventsNamed checks that operations lead to events there are.
func EventsNamed(declared map[string]bool, ops []rest.Op) []string {
	var out findings
	for _, op := range ops {
		for _, typ := range op.Events {
			if !declared[typ] {
				out.add("operation %s names %s, which is no event type", op.ID, typ)
			}
		}
	}
	return out
}

// DecodedBy finds which data types each consumer package decodes, as event types.
func DecodedBy(s Source, types []event.Data) map[string]map[string]bool {
	byName := map[string]string{}
	for _, d := range types {
		typ, _ := d.EventType()
		byName[reflect.TypeOf(d).Name()] = string(typ)
	}
	out := map[string]map[string]bool{}
	for _, f := range s.production().under("internal/consumer") {
		name := f.nameOf(module + "/internal/base/event")
		for _, d := range f.AST.Decls {
			variables, decoded := map[string]string{}, map[string]bool{}
			ast.Inspect(d, func(n ast.Node) bool {
				switch x := n.(type) {
				case *ast.IndexExpr: // event.As of a type
					fn, _ := selected(x.X, name)
					if typ, ok := selected(x.Index, name); ok && fn == "As" {
						variables[typ], decoded[typ] = typ, true
					}
				case *ast.ValueSpec:
					if typ, ok := selected(x.Type, name); ok {
						for _, v := range x.Names {
							variables[v.Name] = typ
						}
					}
				case *ast.CallExpr:
					if fn, ok := selected(x.Fun, name); ok && fn == "Decode" && len(x.Args) == 2 {
						if ref, ok := x.Args[1].(*ast.UnaryExpr); ok {
							if v, ok := ref.X.(*ast.Ident); ok {
								decoded[v.Name] = true
							}
						}
					}
				}
				return true
			})
			for v := range decoded {
				if out[f.Dir()] == nil {
					out[f.Dir()] = map[string]bool{}
				}
				out[f.Dir()][byName[variables[v]]] = true
			}
		}
	}
	return out
}

// forwarded are the events that a consumer hands on as they are, whatever their data.
var forwarded = map[string][]event.Type{"internal/consumer/webhooks": webhook.Types()}

// Consumers holds what each queue consumer decodes against what the rules put into its queue. What comes by a rule that takes
// all types but some is for a consumer that takes events as they are: it decodes none of them, and neither does one that hands them on.
func Consumers(t *Template, s Source, decoded map[string]map[string]bool) []string {
	var out findings
	arrives := map[string]map[string]bool{} // queue → types
	for _, r := range t.Rules() {
		if len(r.AllBut) > 0 {
			continue
		}
		for _, to := range r.Targets {
			if arrives[to.Resource] == nil {
				arrives[to.Resource] = map[string]bool{}
			}
			for _, typ := range r.Types {
				arrives[to.Resource][typ] = true
			}
		}
	}
	for _, f := range t.Functions() {
		if len(f.Queues) == 0 {
			continue
		}
		knows := map[string]bool{}
		for _, main := range s.production().in(f.Folder) {
			for _, i := range main.Imports() {
				dir := strings.TrimPrefix(i, module+"/")
				for typ := range decoded[dir] {
					knows[typ] = true
				}
				for _, typ := range forwarded[dir] {
					knows[string(typ)] = true
				}
			}
		}
		for _, q := range f.Queues {
			for _, typ := range missing(arrives[q.Source], knows) {
				out.add("%s is sent %s, which it does not decode", f.Name, typ)
			}
			for _, typ := range missing(knows, arrives[q.Source]) {
				out.add("%s decodes %q, which no rule sends to %s", f.Name, typ, q.Source)
			}
		}
	}
	return out.sorted()
}

// telling are names of fields that may not leave the house: what opens something, and who somebody is.
var telling = regexp.MustCompile(`(?i)token|secret|password|nonce|url|link|email|phone|address|contact|firstName|lastName|username|birth`)

// GoingOut checks that what partners are sent is known, has a schema and tells nothing by the names of its fields.
func GoingOut(types []event.Type, known []event.Data, schema func(name string) ([]byte, error)) []string {
	var out findings
	byType := map[event.Type]event.Data{}
	for _, d := range known {
		typ, _ := d.EventType()
		byType[typ] = d
	}
	for _, typ := range types {
		d := byType[typ]
		if d == nil {
			out.add("%s goes out and is no event type", typ)
			continue
		}
		raw, err := schema(EventFile(d, ".json"))
		var read any
		if err == nil {
			err = json.Unmarshal(raw, &read)
		}
		if err != nil {
			out.add("%s goes out and has no schema: %v", typ, err)
		}
		walk(read, func(v any) {
			for field := range dict(v, "properties") {
				if telling.MatchString(field) {
					out.add("%s goes out and has the field %s", typ, field)
				}
			}
		})
	}
	return out.sorted()
}

// filesOf lists the names of a folder's files.
func filesOf(root, dir string) (map[string]bool, error) {
	entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(dir)))
	out := map[string]bool{}
	for _, e := range entries {
		out[e.Name()] = true
	}
	return out, err
}

// takers lists where a type goes: rule and queue, and the function that reads it, "" for an operator's own system.
func takers(t *Template, typ string) []string {
	readers := map[string]string{}
	for _, f := range t.Functions() {
		for _, q := range f.Queues {
			readers[q.Source] = filepath.Base(f.Folder)
		}
	}
	var out []string
	for _, r := range t.Rules() {
		if !set(r.Types...)[typ] {
			continue
		}
		for _, to := range r.Targets {
			reader := "the operator's own systems"
			if readers[to.Resource] != "" {
				reader = "`" + readers[to.Resource] + "`"
			}
			out = append(out, fmt.Sprintf("%s → %s → %s", r.Name, to.Resource, reader))
		}
	}
	sort.Strings(out)
	return out
}
