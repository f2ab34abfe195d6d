package console

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addMaintenance(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleMaintenance", Method: http.MethodGet, Path: "/console/maintenance", About: "When the network is worked on: what runs and comes, and what was."}, view.maintenance)
	s.page(site, web.Page{ID: "getConsoleWindow", Method: http.MethodGet, Path: "/console/maintenance/{window}", About: "A window of maintenance, and its form."}, view.showWindow)
	s.page(site, web.Page{ID: "sendConsoleWindow", Method: http.MethodPost, Path: "/console/maintenance/{window}", About: "Shows what announcing or changing it will do, then does it."}, view.sendWindow)
	s.page(site, web.Page{ID: "getConsoleWindowAct", Method: http.MethodGet, Path: "/console/maintenance/{window}/{act}", About: "What ending or withdrawing it will do."}, view.showWindowAct)
	s.page(site, web.Page{ID: "sendConsoleWindowAct", Method: http.MethodPost, Path: "/console/maintenance/{window}/{act}", About: "Ends or withdraws it."}, view.sendWindowAct)
}

func init() {
	for word, said := range map[string]string{"announced": "It is announced: customers see it, and its time does not count in the uptime.", "windowChanged": "It is changed.", "windowEnded": "It has ended: from now on uptime counts again.",
		"windowWithdrawn": "It is withdrawn: nobody is told of it any more, and its time counts."} {
		done[word] = said
	}
}

// windowOf is maintenance as the API tells of it.
type windowOf struct {
	MaintenanceID, OLT, Note, State, AnnouncedBy string
	Start, End, AnnouncedAt                      time.Time
	ETag                                         string `json:"-"`
}

func (w *windowOf) Version(v string) { w.ETag = v }

// terms are what the API is told of it, in whole seconds.
func (w windowOf) terms() map[string]any {
	out := map[string]any{"start": w.Start.UTC().Format(time.RFC3339), "end": w.End.UTC().Format(time.RFC3339), "note": w.Note}
	if w.OLT != "" {
		out["olt"] = w.OLT
	}
	return out
}

func (w windowOf) where() string {
	if w.OLT == "" {
		return "The whole network"
	}
	return "Lines of " + w.OLT
}

// badge is a word for the state, in its tone.
func (w windowOf) badge() look.Cell {
	tones := map[string]look.Tone{"running": look.Busy, "coming": look.Warn}
	c := look.Cell{Text: plain(w.State), Tone: tones[w.State]}
	if c.Tone == "" {
		c.Tone = look.Plain
	}
	return c
}

// when tells from when to when, and how long that is.
func (w windowOf) when() string {
	end := moment(w.End)
	if day, clock, _ := strings.Cut(end, ", "); strings.HasPrefix(moment(w.Start), day+",") {
		end = clock
	}
	return moment(w.Start) + " to " + end + " (" + lasts(w.End.Sub(w.Start).Seconds()) + ")"
}

func (w windowOf) facts() []look.Entry {
	return entries(entry("When", text(w.when())), entry("Where", text(w.where())), entry("Customers read", text(w.Note)), entry("Announced", text(moment(w.AnnouncedAt))), entry("By", code(w.AnnouncedBy)))
}

// pastShown is how far back the list goes.
const pastShown = 30 * 24 * time.Hour

func (v view) maintenance() (web.Answer, error) {
	var found struct {
		Maintenance []windowOf
		NextCursor  string
	}
	cursor := v.Query().Get("cursor")
	if err := v.api.Get("/admin/maintenance", query("from", v.Now().UTC().Add(-pastShown).Format(time.RFC3339), "limit", "100", "cursor", cursor), &found); err != nil {
		return web.Answer{}, err
	}
	b := v.board("Maintenance")
	b.under = "Time that was announced before it began does not count in the uptime, neither as service nor as downtime, and customers see it on their first page, from two weeks before."
	columns := look.Columns("When", "Where", "Customers read", "Status", "Announced by")
	ahead := look.Table{Caption: "Running and coming", Columns: columns, Empty: "Nothing is announced."}
	past := look.Table{Caption: "The last 30 days", Columns: columns, Empty: "There was none."}
	for _, w := range found.Maintenance {
		row := []look.Cell{{Text: w.when(), Note: w.MaintenanceID, Address: v.on("maintenance", w.MaintenanceID)}, text(w.where()), text(w.Note), w.badge(), {Text: short(w.AnnouncedBy), Code: true}}
		if w.State == "over" {
			past.Rows = append(past.Rows, row)
		} else {
			ahead.Rows = append(ahead.Rows, row)
		}
	}
	slices.Reverse(past.Rows)
	if v.may("putMaintenance") {
		b.actions = []button{v.to("Announce maintenance", "maintenance", "new")}
		ahead.Empty += " Announce maintenance before it begins: afterwards its downtime counts."
	}
	b.blocks = []block{{title: "Running and coming", table: &ahead}, {title: "Over", table: &past, pager: v.pager("Pages of maintenance", found.NextCursor)}}
	return v.show(b)
}

// windowForm is the form of a window, or what is to be confirmed of one.
type windowForm struct {
	form
	facts   []look.Entry // of one that is there, or of what is to be confirmed
	will    string
	version string
	submit  string
	confirm []look.Field // what is sent again when it is confirmed
	act     string       // the value of the button
	grave   bool
	back    string
}

func (f *windowForm) correct(said *fault.Fault) {
	f.form.correct(said)
	switch {
	case said.Kind != fault.Precondition:
	case f.facts == nil: // of a new one
		f.wrong = "There is maintenance with this reference already. Choose another one, or change that."
	default:
		f.wrong = changedMeanwhile
	}
}

// local is how a browser's input of a time writes it; ours are UTC.
const local = "2006-01-02T15:04"

// isNew tells whether the address is that of the form for another one.
func (v view) isNew() bool { return v.PathValue("window") == "new" }

// window reads the one of the address; of a new one there is none.
func (v view) window() (w windowOf, err error) {
	if v.isNew() {
		start := v.Now().UTC().Truncate(time.Hour).Add(25 * time.Hour)
		return windowOf{Start: start, End: start.Add(2 * time.Hour), State: "new", ETag: `"0"`}, nil
	}
	return w, v.api.Get(session.Path("admin", "maintenance", v.PathValue("window")), nil, &w)
}

// windowForm is the form for what may be changed of a window now.
func (v view) windowForm(w windowOf) *windowForm {
	f := &windowForm{form: v.form("Announce maintenance"), version: w.ETag, submit: "Go on", act: "check", back: v.on("maintenance")}
	f.crumbs = []look.Place{{Name: "Maintenance", Address: v.on("maintenance")}}
	if !v.isNew() {
		f.title, f.frame.Title, f.facts, f.badges = w.MaintenanceID, w.MaintenanceID, w.facts(), []look.Cell{w.badge()}
	}
	if !v.may("putMaintenance") || w.State == "over" {
		return f
	}
	if v.isNew() {
		f.inputs = append(f.inputs, input{Field: look.Field{Name: "maintenanceId", Label: "Reference", Hint: "The number of your change, for example chg-2030-0017: letters, digits, dots and hyphens", Max: 64}})
	} else {
		f.actions = v.windowActs(w)
	}
	if w.State != "running" {
		f.inputs = append(f.inputs, input{Field: look.Field{Name: "start", Label: "Begins (UTC)", Type: "datetime-local", Value: w.Start.UTC().Format(local)}})
	}
	f.inputs = append(f.inputs, input{Field: look.Field{Name: "end", Label: "Is over (UTC)", Hint: "At most 24 hours after it begins", Type: "datetime-local", Value: w.End.UTC().Format(local)}})
	if w.State != "running" {
		f.inputs = append(f.inputs, maybe(input{Field: look.Field{Name: "olt", Label: "Only lines of this OLT", Hint: "As locations name it, for example olt-1. Empty: the whole network", Value: w.OLT, Max: 64}}))
	}
	f.inputs = append(f.inputs, input{rows: 3, Field: look.Field{Name: "note", Label: "What customers read", Hint: "Short, in your words: what is done, and what they will notice", Value: w.Note, Max: 200}})
	if v.Method == http.MethodPost {
		for i := range f.inputs {
			f.inputs[i].Value = v.Field(f.inputs[i].Name)
		}
	}
	return f
}

// windowActs lead to what can be done to a window now.
func (v view) windowActs(w windowOf) []button {
	switch w.State {
	case "coming":
		return []button{{look.Place{Name: "Withdraw it", Address: v.on("maintenance", w.MaintenanceID, "withdraw")}, true}}
	case "running":
		return []button{{look.Place{Name: "End it now", Address: v.on("maintenance", w.MaintenanceID, "end")}, false}}
	}
	return nil
}

func (v view) showWindow() (web.Answer, error) {
	if v.isNew() && !v.may("putMaintenance") {
		return web.Answer{}, errRole
	}
	w, err := v.window()
	if err != nil {
		return web.Answer{}, err
	}
	return web.Show(windowPage(v.windowForm(w))), nil
}

// typed is a window as the form says it; what the form does not have is as it is.
func (v view) typed(is windowOf) (windowOf, error) {
	for name, at := range map[string]*time.Time{"start": &is.Start, "end": &is.End} {
		if said := v.Field(name); said != at.UTC().Format(local) && (said != "" || name == "end") { // seconds are kept of what was not changed
			read, err := time.Parse(local, said)
			if err != nil {
				return is, fault.ErrInvalid.Naming(name, "write it like 2030-01-02T01:00")
			}
			*at = read
		}
	}
	is.Note = strings.TrimSpace(v.Field("note"))
	if is.State != "running" {
		is.OLT = strings.TrimSpace(v.Field("olt"))
	}
	if v.isNew() {
		is.MaintenanceID = strings.TrimSpace(v.Field("maintenanceId"))
	}
	return is, nil
}

func (v view) sendWindow() (web.Answer, error) {
	is, err := v.window()
	if err != nil {
		return web.Answer{}, err
	}
	next, err := v.typed(is)
	switch {
	case err != nil:
	case next.MaintenanceID == "" || next.MaintenanceID == "new":
		err = fault.ErrInvalid.Naming("maintenanceId", "choose one")
	case v.Field("go") == "check":
		return web.Show(windowPage(v.confirmed(is, next))), nil
	case v.Field("go") == "announce":
		if err = v.api.Put(session.Path("admin", "maintenance", next.MaintenanceID), v.Field("version"), next.terms(), nil); err == nil {
			word := "windowChanged"
			if v.isNew() {
				word = "announced"
			}
			return goDone(v.on("maintenance"), word), nil
		}
	default: // back to the form, as it was typed
		return web.Again(windowPage(v.windowForm(is))), nil
	}
	return again(err, func() (*windowForm, error) { return v.windowForm(is), nil }, windowPage)
}

// confirmed is what will happen when a window is announced or changed so.
func (v view) confirmed(is, next windowOf) *windowForm {
	f := &windowForm{form: v.form("Announce it?"), version: v.Field("version"), submit: "Announce it", act: "announce", back: v.on("maintenance")}
	f.crumbs = []look.Place{{Name: "Maintenance", Address: v.on("maintenance")}}
	f.facts = entries(entry("Reference", code(next.MaintenanceID)), entry("When", text(next.when())), entry("Where", text(next.where())), entry("Customers read", text(next.Note)))
	f.will = "The customers concerned see this on their first page, from two weeks before it begins. In this time neither service nor downtime counts in the uptime. Once it has begun, only its end and its note can be changed, and it stays on record for good."
	if !v.isNew() {
		f.title, f.frame.Title, f.submit = "Change it?", "Change it?", "Change it"
		f.facts = append(f.facts, entry("Until now", text(is.when()+", "+strings.ToLower(is.where()))))
	}
	for _, name := range []string{"maintenanceId", "start", "end", "olt", "note"} {
		if said := v.Field(name); said != "" {
			f.confirm = append(f.confirm, look.Field{Name: name, Value: said})
		}
	}
	return f
}

// windowAct is what ending or withdrawing the window of the address will do.
func (v view) windowAct() (*windowForm, windowOf, error) {
	w, err := v.window()
	if err != nil {
		return nil, w, err
	}
	f := &windowForm{form: v.form("Withdraw it?"), facts: w.facts(), version: w.ETag, submit: "Withdraw it", act: "do", back: v.on("maintenance", w.MaintenanceID), grave: true,
		will: "Nobody is told of it any more, and downtime in its time counts. It can be announced anew, as long as that is ahead."}
	if v.PathValue("act") == "end" {
		f.title, f.frame.Title, f.submit, f.grave = "End it now?", "End it now?", "End it now", false
		f.will = "It is over from this moment on: service and downtime count again, also the downtime of lines that are still down. It cannot be extended afterwards."
	}
	f.crumbs = []look.Place{{Name: "Maintenance", Address: v.on("maintenance")}, {Name: w.MaintenanceID, Address: f.back}}
	return f, w, nil
}

// actOf is the operation that an address asks for.
func (v view) actOf() (string, error) {
	op, ok := map[string]string{"end": "putMaintenance", "withdraw": "withdrawMaintenance"}[v.PathValue("act")]
	switch {
	case !ok:
		return "", fault.ErrMethod
	case !v.may(op):
		return "", errRole
	}
	return op, nil
}

func (v view) showWindowAct() (web.Answer, error) {
	if _, err := v.actOf(); err != nil {
		return web.Answer{}, err
	}
	f, _, err := v.windowAct()
	if err != nil {
		return web.Answer{}, err
	}
	return web.Show(windowPage(f)), nil
}

func (v view) sendWindowAct() (web.Answer, error) {
	op, err := v.actOf()
	if err != nil {
		return web.Answer{}, err
	}
	f, w, err := v.windowAct()
	if err != nil {
		return web.Answer{}, err
	}
	path, word := session.Path("admin", "maintenance", w.MaintenanceID), "windowWithdrawn"
	if op == "withdrawMaintenance" {
		err = v.api.Delete(path, v.Field("version"), nil)
	} else {
		w.End = v.Now()
		word, err = "windowEnded", v.api.Put(path, v.Field("version"), w.terms(), nil)
	}
	if err == nil {
		return goDone(v.on("maintenance"), word), nil
	}
	said := correctable(err)
	if said == nil {
		return web.Answer{}, err
	}
	f.wrong = said.Message
	return web.Again(windowPage(f)), nil
}
