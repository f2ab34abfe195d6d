package console

import (
	"net/http"
	"strings"
	"testing"
)

// What a page shows it asks for at once, so that it takes one round trip: it is asked for once to see how many calls it makes, and then the
// API answers none of them before all are there.
func TestPagesAskAtOnce(t *testing.T) {
	d, pages := atDesk(t, map[string]string{"/admin/staff": `{"staff":[{"staffId":"stf_1","name":"Grace"}]}`}), 0
	fill := strings.NewReplacer("{customer}", "cus_1", "{contract}", "sub_1", "{service}", "svc_1", "{ticket}", "tic_1", "{signup}", "sgn_1", "{action}", "credit", "{plan}", "plan_1", "{country}", "DE", "{code}", "WELCOME20",
		"{group}", "g", "{kind}", "welcome", "{queue}", "delivery", "{endpoint}", "whe_1", "{member}", "stf_1", "{invoice}", "inv_1", "{window}", "chg-1", "{act}", "withdraw")
	for _, p := range d.site.Pages() {
		if p.Method != http.MethodGet || strings.Contains(p.Path, "{file}") {
			continue
		}
		path := fill.Replace(p.Path)
		d.api.expects(0)
		w := d.visit(http.MethodGet, path, nil)
		calls := len(d.api.asked)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if calls == 0 {
			continue
		}
		pages++
		d.api.expects(calls)
		if w := d.visit(http.MethodGet, path, nil); d.api.alone || w.Code != http.StatusOK || len(d.api.asked) != calls {
			t.Errorf("%s makes its %d calls one after another: %d %v", path, calls, w.Code, d.api.asked)
		}
	}
	if pages < 20 {
		t.Errorf("only %d pages asked anything", pages)
	}
}
