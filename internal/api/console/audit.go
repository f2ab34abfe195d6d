package console

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

func (s service) addAudit(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleAudit", Method: http.MethodGet, Path: "/console/audit", About: "Who of the staff did what, to whom and why."}, view.audit)
}

type actPage struct {
	Acts []struct {
		EventID, StaffID, What, CustomerID, Why, CorrelationID string
		At                                                     time.Time
		Data                                                   json.RawMessage
	}
	NextCursor string
}

// audit lists the acts of staff, newest first, of one of them if the query says so.
func (v view) audit() (web.Answer, error) {
	var found actPage
	staff := strings.TrimSpace(v.Query().Get("staffId"))
	if err := v.api.Get("/admin/audit", query("staffId", staff, "limit", "50", "cursor", v.Query().Get("cursor")), &found); err != nil {
		return web.Answer{}, err
	}
	b := v.board("Audit")
	b.under = "Who of the staff did what, to whom and why, newest first."
	if staff != "" {
		b.actions = []button{v.to("Everybody's acts", "audit")}
	}
	var all []told
	for _, a := range found.Acts {
		t := v.tell(a.CustomerID, happening{EventID: a.EventID, What: a.What, Who: "staff:" + a.StaffID, At: a.At, CorrelationID: a.CorrelationID, Data: a.Data})
		if a.Why != "" && !strings.Contains(t.text, a.Why) {
			t.text = strings.TrimPrefix(t.text+" · Reason: "+a.Why, " · ")
		}
		if strings.HasPrefix(a.CustomerID, "cus_") {
			t.about, t.address = "The customer", v.on("customers", a.CustomerID)
		}
		all = append(all, t)
	}
	k := block{title: "Acts", pager: v.pager("Pages of acts", found.NextCursor)}
	if k.more = trail(all); len(all) == 0 {
		k.more, k.table = nil, &look.Table{Empty: "Nobody did anything here yet."}
	}
	b.blocks = []block{{more: findForm(v.on("audit"), "staffId", "Member of staff", "An id, as the list of staff has it", staff)}, k}
	return v.show(b)
}
