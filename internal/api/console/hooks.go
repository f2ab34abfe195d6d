package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addHooks(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleHooks", Method: http.MethodGet, Path: "/console/webhooks", About: "Where partners receive events, and the form of a new endpoint."}, view.showHooks)
	s.page(site, web.Page{ID: "sendConsoleHooks", Method: http.MethodPost, Path: "/console/webhooks", About: "Sets an endpoint up, and shows its secret once."}, view.sendHooks)
	s.page(site, web.Page{ID: "getConsoleHook", Method: http.MethodGet, Path: "/console/webhooks/{endpoint}", About: "An endpoint, and what became of each delivery."}, view.showHook)
	s.page(site, web.Page{ID: "sendConsoleHook", Method: http.MethodPost, Path: "/console/webhooks/{endpoint}", About: "Changes, tests, rotates, replays or removes it."}, view.sendHook)
}

func init() {
	for word, said := range map[string]string{"tested": "A test event is on its way: load the page again in a few seconds.", "retried": "It is sent again.", "replayed": "The replay has begun.", "hookRemoved": "The endpoint is gone."} {
		done[word] = said
	}
}

type hookOf struct {
	EndpointID, URL, Description, DisabledReason, Secret string
	EventTypes                                           []string
	Enabled                                              bool
	DisabledAt, FailingSince, PreviousSecretUntil        time.Time
	CreatedAt                                            time.Time
	ETag                                                 string `json:"-"`
}

func (h *hookOf) Version(v string) { h.ETag = v }

func (h hookOf) state() look.Cell {
	switch {
	case !h.Enabled:
		return look.Cell{Text: strings.TrimSuffix("Off: "+h.DisabledReason, ": "), Tone: look.Plain}
	case !h.FailingSince.IsZero():
		return look.Cell{Text: "Failing", Tone: look.Bad}
	}
	return look.Cell{Text: "On", Tone: look.Good}
}

type deliveryPage struct {
	Deliveries []struct {
		DeliveryID, MessageID, EventType, State string
		EventAt, NextTry                        time.Time
		Tries                                   int
		LastTry                                 *struct {
			At      time.Time
			Status  int
			Failure string
			Excerpt string
		}
	}
	NextCursor string
}

// hookForm is the form of an endpoint's terms.
type hookForm struct {
	form
	hook   *hookOf // nil of a new one
	replay []look.Field
	sent   deliveryPage
	pager  look.Pager
}

func (v view) hookInputs(h hookOf) inputs {
	on := ""
	if h.Enabled {
		on = "yes"
	}
	all := inputs{{Field: look.Field{Name: "url", Label: "Address", Hint: "https, where the partner takes events", Type: "url", Value: h.URL, Max: 500}},
		maybe(input{rows: 3, Field: look.Field{Name: "eventTypes", Label: "Types of events", Hint: "For example order.paid, subscription.ended; empty for all", Value: strings.Join(h.EventTypes, ", "), Max: 4000}}),
		maybe(input{Field: look.Field{Name: "description", Label: "Whose it is, and what for", Value: h.Description, Max: 200}}), maybe(input{check: true, Field: look.Field{Name: "enabled", Label: "Events are sent", Value: on}})}
	if v.Field("go") == "save" {
		for i := range all {
			all[i].Value = v.Field(all[i].Name)
		}
	}
	return all
}

// terms are what the form says.
func (v view) hookTerms() map[string]any {
	return map[string]any{"url": v.Field("url"), "eventTypes": listed(v.Field("eventTypes")), "enabled": v.Field("enabled") == "yes", "description": v.Field("description")}
}

func (v view) hooks() (*hookForm, error) {
	var found struct{ Endpoints []hookOf }
	if err := v.api.Get("/admin/webhook-endpoints", nil, &found); err != nil {
		return nil, err
	}
	f := &hookForm{form: v.form("Webhooks", v.hookInputs(hookOf{Enabled: true})...)}
	f.under = "Where partners are told of events."
	t := look.Table{Caption: "Endpoints", Columns: look.Columns("Address", "Status", "Events", "Since"), Empty: "No partner is told of events yet. Set an endpoint up below."}
	for _, h := range found.Endpoints {
		types := strings.Join(h.EventTypes, ", ")
		if types == "" {
			types = "All"
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: h.URL, Note: h.Description, Address: v.on("webhooks", h.EndpointID)}, h.state(), text(types), text(moment(h.CreatedAt))})
	}
	f.blocks = []block{{table: &t}}
	return f, nil
}

func (v view) showHooks() (web.Answer, error) {
	f, err := v.hooks()
	return web.Show(hookPart(f)), err
}

func (v view) sendHooks() (web.Answer, error) {
	var made hookOf
	err := v.api.Post("/admin/webhook-endpoints", v.Field("attempt"), v.hookTerms(), &made)
	if err == nil {
		return v.secret(made)
	}
	return again(err, v.hooks, hookPart)
}

// secret shows an endpoint's new secret: this once.
func (v view) secret(h hookOf) (web.Answer, error) {
	b := v.board("Its secret")
	b.crumbs = []look.Place{{Name: "Webhooks", Address: v.on("webhooks")}}
	b.blocks = []block{{title: "Give it to the partner now", text: "It signs the messages (Standard Webhooks). It is shown this once, and never again.", entries: entries(entry("Address", text(h.URL)), entry("Secret", code(h.Secret))),
		actions: []button{v.to("To the endpoint", "webhooks", h.EndpointID)}}}
	return v.show(b)
}

func (v view) hook() (*hookForm, error) {
	var h hookOf
	f := &hookForm{}
	g, path := v.reads(), session.Path("admin", "webhook-endpoints", v.PathValue("endpoint"))
	g.need(path, nil, &h)
	g.get("listWebhookDeliveries", path+"/deliveries", query("state", v.Query().Get("state"), "limit", "25", "cursor", v.Query().Get("cursor")), &f.sent)
	if err := g.Wait(); err != nil {
		return nil, err
	}
	f.form, f.hook = v.form(h.URL, v.hookInputs(h)...), &h
	f.under, f.badges, f.crumbs = h.Description, []look.Cell{h.state()}, []look.Place{{Name: "Webhooks", Address: v.on("webhooks")}}
	f.blocks = []block{{title: "The endpoint", entries: entries(entry("Since", text(moment(h.CreatedAt))), entry("Failing since", text(moment(h.FailingSince))), entry("Off since", text(moment(h.DisabledAt))),
		entry("Both secrets sign until", text(moment(h.PreviousSecretUntil))), entry("Id", code(h.EndpointID)))}}
	f.pager = v.pager("Pages of deliveries", f.sent.NextCursor)
	day := v.Now().UTC()
	f.replay = []look.Field{{Name: "from", Label: "From", Type: "date", Value: day.AddDate(0, 0, -1).Format(time.DateOnly)}, {Name: "until", Label: "To, that day included", Type: "date", Value: day.Format(time.DateOnly)}}
	return f, nil
}

// deliveries is the table of what was sent. A row that failed has a button of its own, in a form.
func (f hookForm) deliveries() look.Table {
	t := look.Table{Caption: "Deliveries", Columns: look.Columns("Event", "When", "Status", "#Tries", "Last answer", "Next try"), Empty: "Nothing was sent yet. A test event shows whether it gets through."}
	for _, d := range f.sent.Deliveries {
		last := look.Cell{}
		if l := d.LastTry; l != nil {
			last = look.Cell{Text: answered(l.Status, l.Failure), Note: l.Excerpt}
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: d.EventType, Note: short(d.DeliveryID)}, text(moment(d.EventAt)), state(d.State), text(count(d.Tries)), last, text(moment(d.NextTry))})
	}
	return t
}

// replayed is the range of the form, in whole days: the last is in it.
func (v view) replayed() map[string]any {
	until := v.Field("until") + "T00:00:00Z"
	if last, err := time.Parse(time.RFC3339, until); err == nil {
		until = last.AddDate(0, 0, 1).Format(time.RFC3339)
	}
	return map[string]any{"from": v.Field("from") + "T00:00:00Z", "until": until}
}

// answered tells what a partner's system answered, or why it did not.
func answered(status int, failure string) string {
	if status == 0 {
		return plain(failure)
	}
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status) + " " + plain(failure))
}

func (v view) showHook() (web.Answer, error) {
	f, err := v.hook()
	return web.Show(hookPart(f)), err
}

func (v view) sendHook() (web.Answer, error) {
	path, key, word := session.Path("admin", "webhook-endpoints", v.PathValue("endpoint")), v.Field("attempt"), "saved"
	var err error
	switch v.Field("go") {
	case "save":
		err = v.api.Put(path, v.Field("version"), v.hookTerms(), nil)
	case "test":
		word, err = "tested", v.api.Post(path+"/test", key, nil, nil)
	case "rotate":
		var made hookOf
		if err = v.api.Post(path+"/rotate-secret", key, nil, &made); err == nil {
			return v.secret(made)
		}
	case "replay":
		word, err = "replayed", v.api.Post(path+"/replay", key, v.replayed(), nil)
	case "delete":
		if err = v.api.Delete(path, v.Field("version"), nil); err == nil {
			return goDone(v.on("webhooks"), "hookRemoved"), nil
		}
	default:
		delivery, ok := strings.CutPrefix(v.Field("go"), "retry ")
		if !ok {
			return web.Answer{}, fault.ErrInvalid.Naming("go", "is none of the buttons")
		}
		word, err = "retried", v.api.Post(path+session.Path("deliveries", delivery, "retry"), key, nil, nil)
	}
	if err == nil {
		return goDone(v.on("webhooks", v.PathValue("endpoint")), word), nil
	}
	return again(err, v.hook, hookPart)
}
