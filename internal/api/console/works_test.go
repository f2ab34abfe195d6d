package console

import (
	"net/http"
	"strings"
	"testing"
)

// S3-82: who opens a ticket for a customer, or reads their tickets, is told when the network is worked on at the customer's line, now or
// soon; and nothing of a line at which it is not. A ticket says what of it may be behind it.
func TestTicketsNameTheMaintenanceAtTheLine(t *testing.T) {
	b := atDesk(t, map[string]string{"/services": `{"services":[{"name":"Fibre 300","maintenance":[{"start":"2030-01-15T11:00:00Z","end":"2030-01-15T13:00:00Z","note":"Line card."},
		{"start":"2030-01-20T01:00:00Z","end":"2030-01-20T02:00:00Z","note":"Software."}]},{"name":"Second home"}]}`})
	for _, path := range []string{"/console/customers/cus_1/actions/openTicket", "/console/customers/cus_1/contact"} {
		page := b.visit(http.MethodGet, path, nil).Body.String()
		for _, want := range []string{"Maintenance at the line Fibre 300, now until 15 Jan 2030, 13:00: Line card.", "from 20 Jan 2030, 01:00 until 20 Jan 2030, 02:00: Software."} {
			if !strings.Contains(page, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
	}
	b.api.answers["/services"] = `{"services":[{"name":"Second home"}]}`
	if page := b.visit(http.MethodGet, "/console/customers/cus_1/contact", nil).Body.String(); strings.Contains(page, "Maintenance at the line") {
		t.Error(page)
	}
	b.api.answers["/tickets/tic_1"] = `{"ticketId":"tic_1","maintenance":[{"start":"2030-01-14T11:00:00Z","end":"2030-01-14T13:00:00Z","note":"Software.","over":true},{"start":"2030-01-15T11:00:00Z","end":"2030-01-15T13:00:00Z","note":"Line card."}]}`
	for _, want := range []string{"from 14 Jan 2030, 11:00 until 14 Jan 2030, 13:00, over: Software.", "now until 15 Jan 2030, 13:00: Line card."} {
		if page := b.visit(http.MethodGet, "/console/tickets/tic_1", nil).Body.String(); !strings.Contains(page, want) {
			t.Errorf("the ticket does not say %q: %s", want, page)
		}
	}
	b.api.answers["/tickets/tic_1"] = `{"ticketId":"tic_1","maintenance":[]}`
	if page := b.visit(http.MethodGet, "/console/tickets/tic_1", nil).Body.String(); strings.Contains(page, "Planned work") {
		t.Error(page)
	}
}
