package console

import (
	"net/http"
	"strings"
	"time"

	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addAttention(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleAttention", Method: http.MethodGet, Path: "/console/attention", About: "What hangs, since when and why, and what helps."}, view.attention)
	s.page(site, web.Page{ID: "getConsoleQueue", Method: http.MethodGet, Path: "/console/queues/{queue}", About: "What of a queue could not be done."}, view.showQueue)
	s.page(site, web.Page{ID: "sendConsoleQueue", Method: http.MethodPost, Path: "/console/queues/{queue}", About: "Has it done again."}, view.sendQueue)
}

func init() {
	done["redriven"] = "The messages are sent back to their queue. What could not be done again is here once more in a minute."
}

// matter is one thing that hangs.
type matter struct {
	Kind, CustomerID string
	SubjectIDs       map[string]string
	Since            time.Time
	AgeSeconds       float64
	Cause            struct{ Code, Text string }
	NextAt           time.Time
	Action           *struct{ Name, Path string }
}

type attentionOf struct {
	At     time.Time
	Counts []struct {
		Kind         string
		Count        int
		More, Unread bool
	}
	Matters []matter
}

// kinds of matters, as the page has them.
var kinds = map[string]struct{ title, none string }{
	"order_undelivered": {"Paid, not delivered", "Every paid order is delivered."}, "provisioning_parked": {"Provisioning parked", "No work on the network is stuck."},
	"payment_unsettled": {"Payments whose outcome is unknown", "Every payment has an outcome."}, "refund_open": {"Refunds that are stuck", "No refund is stuck."},
	"suspension_held": {"Suspensions that staff hold", "Nobody's suspension is held."}, "signup_hangs": {"Signups that hang", "No signup hangs."},
	"timer_overdue": {"Overdue", "Nothing is overdue."}, "events_unpublished": {"Events not on their way", "Every event is on its way."}, "dead_letters": {"Parked messages", "No message is parked."},
}

func (v view) attention() (web.Answer, error) {
	var all attentionOf
	if err := v.api.Get("/admin/attention", query("limit", "50"), &all); err != nil {
		return web.Answer{}, err
	}
	b := v.board("What hangs")
	b.under = "As of " + moment(all.At) + ". Everything else goes on by itself."
	var fine []string
	for _, c := range all.Counts {
		k, known := kinds[c.Kind]
		if !known {
			k.title, k.none = plain(c.Kind), "None."
		}
		switch {
		case c.Unread:
			b.blocks = append(b.blocks, block{title: k.title, text: "This could not be read now. Load the page again in a moment.", table: &look.Table{Empty: "Not known."}})
		case c.Count == 0:
			fine = append(fine, k.none)
		default:
			t := v.matters(c.Kind, all.Matters)
			said := count(c.Count)
			if c.More {
				said += " and more"
			}
			b.blocks = append(b.blocks, block{title: k.title, text: said + ", the oldest first.", table: &t})
		}
	}
	if len(fine) > 0 {
		b.blocks = append(b.blocks, block{title: "All well", more: prose(strings.Join(fine, " "))})
	}
	return v.show(b)
}

func (v view) matters(kind string, all []matter) look.Table {
	t := look.Table{Caption: kinds[kind].title, Columns: look.Columns("Why", "Of", "Since", "By itself next", "What helps")}
	for _, m := range all {
		if m.Kind != kind {
			continue
		}
		of := look.Cell{Text: m.SubjectIDs["queue"], Note: m.SubjectIDs["depth"]}
		if m.CustomerID != "" {
			of = link("The customer", v.on("customers", m.CustomerID))
		}
		for _, name := range []string{"orderId", "serviceId", "paymentId", "subscriptionId", "signupId"} {
			if id := m.SubjectIDs[name]; id != "" && of.Note == "" {
				of.Note = short(id)
			}
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: m.Cause.Text, Note: plain(m.Cause.Code)}, of, {Text: lasts(m.AgeSeconds), Note: moment(m.Since)}, text(moment(m.NextAt)), v.helps(m)})
	}
	return t
}

// helps leads to the action that helps, if the visitor's role allows it.
func (v view) helps(m matter) look.Cell {
	if m.Action == nil {
		return look.Cell{}
	}
	id := m.SubjectIDs
	if !v.may(m.Action.Name) {
		return look.Cell{Note: "Not for your role"}
	}
	switch m.Action.Name {
	case "redriveDeadLetters":
		if parts := strings.Split(m.Action.Path, "/"); len(parts) > 3 {
			return link("Look, and do it again", v.on("queues", parts[3]))
		}
	case "retryProvisioning":
		return link("Go on, after mending it", v.actionOf(m.CustomerID, "retry", id["serviceId"], ""))
	case "verifyPayment":
		return link("Ask again", v.actionOf(m.CustomerID, "askAgain", id["paymentId"], id["orderId"]))
	case "redirectRefund":
		return link("To the wallet instead", v.actionOf(m.CustomerID, "redirect", id["invoiceId"], id["refundId"]))
	case "holdSuspension":
		return link("Release the hold", v.actionOf(m.CustomerID, "release", id["subscriptionId"], ""))
	case "getService", "provisionService":
		return link("Look at the line", v.on("customers", m.CustomerID, "services", id["serviceId"]))
	case "getSignup":
		return link("Look at the signup", v.on("signups", id["signupId"]))
	}
	return text(plain(m.Action.Name))
}

type lettersOf struct {
	Queue    string
	Depth    int
	Messages []struct {
		EventID, Type, Code, Reason string
		At, ParkedAt                time.Time
		SubjectIDs                  map[string]string
	}
}

func (v view) queue() (board, error) {
	var q lettersOf
	if err := v.api.Get(session.Path("admin", "dead-letters", v.PathValue("queue")), nil, &q); err != nil {
		return board{}, err
	}
	b := v.board("Parked messages of " + q.Queue)
	b.crumbs = []look.Place{{Name: "What hangs", Address: v.on("attention")}}
	t := look.Table{Caption: "Parked messages", Columns: look.Columns("Event", "Why", "Parked", "Of"), Empty: "Nothing is parked here."}
	for _, m := range q.Messages {
		of := look.Cell{}
		if c := m.SubjectIDs["customerId"]; c != "" {
			of = link("The customer", v.on("customers", c))
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: m.Type, Note: m.EventID}, {Text: m.Reason, Note: plain(m.Code)}, text(moment(m.ParkedAt)), of})
	}
	about := "About " + count(q.Depth) + " messages"
	if q.Depth == 1 {
		about = "About one message"
	}
	b.blocks = []block{{title: about, text: "Up to ten are shown.", table: &t}}
	if v.may("redriveDeadLetters") && q.Depth > 0 {
		b.blocks = append(b.blocks, block{title: "Have them done again", text: "Mend first what kept them from being done. What was done before is not done again. That you did it goes on record.", more: redriveForm(b.attempt)})
	}
	return b, nil
}

func (v view) showQueue() (web.Answer, error) {
	b, err := v.queue()
	return web.Show(boardPage(b)), err
}

func (v view) sendQueue() (web.Answer, error) {
	err := v.api.Post(session.Path("admin", "dead-letters", v.PathValue("queue"), "redrive"), v.Field("attempt"), nil, nil)
	if err != nil {
		return web.Answer{}, err
	}
	return goDone(v.on("queues", v.PathValue("queue")), "redriven"), nil
}
