package check

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"turnup/internal/api/reference"
	"turnup/internal/api/reference/site"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/domain/notice"
	"turnup/internal/platform/rest"
)

// S0-55: the table of customer steps, operations, endpoints, events and faults is generated and up to date, like every
// generated page.
func TestGeneratedPagesAreUpToDate(t *testing.T) {
	p := theProject(t)
	pages, err := Pages(p.root, reference.Document().Operations())
	if err != nil {
		t.Fatal(err)
	}
	none(t, UpToDate(p.root, pages))
	made, err := reference.Made()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range made { // how it is compressed may differ from one release of Go to the next
		packed, err := os.ReadFile(filepath.Join(p.root, filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		if is, err := site.Unpack(packed); err != nil || !bytes.Equal(is, want) {
			t.Errorf("%s is out of date (%v): make docs", path, err)
		}
	}
}

// S0-54, S0-55: each operation is described, and the customer's steps are in order and without a gap.
func TestOperationsAreDescribed(t *testing.T) {
	none(t, OperationsDescribed(append(reference.Document().Operations(), WebPages()...)))
}

func TestPagesBite(t *testing.T) {
	dir := t.TempDir()
	page := func(part string) []Page {
		return []Page{{"page.md", "Page", false, func() (string, error) { return part, nil }}}
	}
	bites(t, UpToDate(dir, page("one")), "page.md is out of date")
	_, fresh, err := page("one")[0].Fresh(dir)
	if err != nil {
		t.Fatal(err)
	}
	byHand := strings.Replace(fresh, "# Page\n", "# Page\n\nBy hand.\n", 1) + "\nAnd after.\n"
	if err := os.WriteFile(filepath.Join(dir, "page.md"), []byte(byHand), 0o600); err != nil {
		t.Fatal(err)
	}
	bites(t, UpToDate(dir, page("one")), "")
	bites(t, UpToDate(dir, page("two")), "page.md is out of date")
	_, again, err := page("two")[0].Fresh(dir)
	if err != nil || again != strings.Replace(byHand, "one", "two", 1) {
		t.Errorf("what is written by hand was not kept: %q, %v", again, err)
	}
}

// S3-161: the document of the journeys says when what is generated of it changed last: the date stays while that does not change, and is
// of today when it does.
func TestDatedPagesBite(t *testing.T) {
	dir := t.TempDir()
	page := func(part string) []Page {
		return []Page{{"page.md", "Page", true, func() (string, error) { return part, nil }}}
	}
	if err := os.WriteFile(filepath.Join(dir, "page.md"), []byte("# Page\n\n"+pageBegin+"\nLast updated: 2020-02-29\n\none\n"+pageEnd), 0o600); err != nil {
		t.Fatal(err)
	}
	bites(t, UpToDate(dir, page("one")), "")
	bites(t, UpToDate(dir, page("two")), "page.md is out of date")
	if _, want, err := page("two")[0].Fresh(dir); err != nil || !strings.Contains(want, "\nLast updated: "+time.Now().UTC().Format(time.DateOnly)+"\n\ntwo\n") {
		t.Errorf("%v: %q", err, want)
	}
	if err := os.WriteFile(filepath.Join(dir, "page.md"), []byte("# Page\n\n"+pageBegin+"\none\n"+pageEnd), 0o600); err != nil {
		t.Fatal(err)
	}
	bites(t, UpToDate(dir, page("one")), "page.md is out of date")
}

func TestDiagramsSayWhatTheMachinesDo(t *testing.T) {
	m, err := ParseMachine("door", []byte(`{"StartAt": "Ring bell", "States": {
		"Ring bell": {"Type": "Task", "Next": "Open?", "Catch": [{"ErrorEquals": ["nobody_home"], "Next": "Leave"}]},
		"Open?": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.outcome = 'open' %}", "Next": "Leave"}], "Default": "Ring bell"},
		"Leave": {"Type": "Succeed"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	drawing := Diagrams([]Machine{m})
	for _, line := range []string{"[*] --> Ring_bell", "Ring_bell --> Open", "Ring_bell --> Leave: on nobody_home", "Open --> Leave: $states.input.outcome = 'open'", "Open --> Ring_bell: otherwise", "Leave --> [*]"} {
		if !strings.Contains(drawing, "\n    "+line+"\n") {
			t.Errorf("%q is missing in\n%s", line, drawing)
		}
	}
}

func TestTablesSayWhatTheCodeSays(t *testing.T) {
	empty := &fault.Fault{Kind: fault.Conflict, Code: "cart_empty", Message: "Your cart is empty.", Acts: "customer"}
	ops := []rest.Op{
		{ID: "checkoutCart", Method: "POST", Path: "/carts/{cartId}/checkout", Step: "S0 2 Checkout", Audience: rest.Customer, Events: []string{"order.paid"}},
		{ID: "getCatalogue", Method: "GET", Path: "/catalogue/items", Step: "S0 1 Catalogue", Audience: rest.Public, Summary: "Read", About: "All."},
		{ID: "createPaymentMethod", Method: "POST", Path: "/payment-methods", Audience: rest.Customer, Summary: "Begin", About: "A method."},
		{ID: "getOrder", Method: "GET", Path: "/orders/{orderId}", Audience: rest.Customer, Summary: "Read", About: "All."},
		{ID: "getOpenAPI", Method: "GET", Path: "/openapi.json", Audience: rest.Public, Summary: "Read", About: "All."},
	}
	for i := range ops {
		ops[i].Service = "shop"
	}
	ops[0].Faults = append(rest.CommonFaults(ops[0]), empty)
	table := FaultsTable([]*fault.Fault{empty}, ops, nil)
	if !strings.Contains(table, "| `cart_empty` | 409 Conflict | Your cart is empty. | customer | checkoutCart |") {
		t.Error(table)
	}
	ops[1].Faults, ops[2].Faults = rest.CommonFaults(ops[1]), rest.CommonFaults(ops[2])
	journey := JourneyTable(ops)
	first, second := strings.Index(journey, "| 1 Catalogue | `getCatalogue` |"), strings.Index(journey, "| 2 Checkout | `checkoutCart` | `POST /carts/{cartId}/checkout` | `order.paid` | 409 `cart_empty` |")
	if first < 0 || second < first || strings.Contains(journey, "getOpenAPI") {
		t.Error(journey)
	}
	bites(t, OperationsDescribed(ops), "checkoutCart has no summary or description")
	bites(t, OperationsDescribed(ops[:1]), "steps should be numbered from 1 without a gap")
	bites(t, OperationsDescribed([]rest.Op{{ID: "getOrder", Step: "1 Wait"}}), "is of no journey")
	tpl := yamlOf(t, `Resources: {Q: {Type: AWS::SQS::Queue}, R: {Type: AWS::Events::Rule, Properties: {EventPattern: {detail-type: [order.paid]}, Targets: [{Arn: !GetAtt Q.Arn}]}}}`)
	row := "| `order.paid` | 1 | `store` | R → Q → the operator's own systems | [schema](order.paid.v1.json) | [sample](order.paid.v1.sample.json) |"
	if got := EventsTable(tpl, Traffic{Producers: map[string][]string{"order.paid": {"internal/store"}}}, []event.Data{event.OrderPaid{}}); !strings.Contains(got, row) {
		t.Error(got)
	}
}

// Each mail's trigger is an event that comes to who sends mails, and nothing comes there that leads to no mail.
func TestMailsHaveTheirTriggers(t *testing.T) {
	arrives, triggers := map[string]bool{}, map[string]bool{}
	for _, r := range theProject(t).template.Rules() {
		for _, to := range r.Targets {
			for _, typ := range r.Types {
				arrives[typ] = arrives[typ] || to.Resource == "NotificationsQueue"
			}
		}
	}
	for _, e := range notice.Catalogue() {
		for trigger := range strings.SplitSeq(e.Trigger, "; ") {
			typ, _, _ := strings.Cut(trigger, ",")
			triggers[typ] = true
			if typ != "" && !arrives[typ] {
				t.Errorf("%s: %s does not come to who sends mails", e.Kind, typ)
			}
		}
	}
	for typ, comes := range arrives {
		if comes && !triggers[typ] {
			t.Errorf("%s comes to who sends mails, and leads to none", typ)
		}
	}
	table := MailsTable(notice.Catalogue())
	for _, row := range []string{"| `welcome` | `account.registered` | the customer | Confirm my mail address | `/verify-email` |",
		"| `ticket-answered` | `ticket.answered`, by staff | the customer | Read the answer | `/tickets/tic_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA` |", "| `invoice` | `invoice.issued`, with something left to pay | the customer |"} {
		if !strings.Contains(table, row) {
			t.Errorf("%s is missing in\n%s", row, table)
		}
	}
}
