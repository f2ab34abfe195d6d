package console

import (
	"strings"
	"time"

	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (v view) services() (web.Answer, error) {
	var c person
	var lines servicePage
	g := v.reads()
	g.need(v.customerPath(), nil, &c)
	g.get("listServices", "/services", query("customerId", v.PathValue("customer"), "limit", "50"), &lines)
	if err := g.Wait(); err != nil {
		return web.Answer{}, err
	}
	b := v.customerBoard(c, "services")
	t := v.serviceTable(lines.Services, "This customer has no fibre line.")
	b.blocks = []block{{title: "Lines", table: &t}}
	return v.show(b)
}

// works tells when the network is worked on at the lines, now or soon, so that nobody looks for another cause; "" of never.
func (p servicePage) works(now time.Time) string {
	var said []string
	for _, l := range p.Services {
		for _, w := range l.Maintenance {
			said = append(said, "Maintenance at the line "+l.Name+", "+w.said(now))
		}
	}
	return strings.Join(said, " ")
}

// said tells when it is, and what is done.
func (w work) said(now time.Time) string {
	when, end := "from "+moment(w.Start), moment(w.End)
	switch {
	case w.Over:
		end += ", over"
	case !now.Before(w.Start):
		when = "now"
	}
	return when + " until " + end + ": " + w.Note
}

func (v view) serviceTable(all []line, empty string) look.Table {
	t := look.Table{Caption: "Lines", Columns: look.Columns("Line", "Status", "Since", "ONU", "Stuck at"), Empty: empty}
	for _, l := range all {
		status := state(l.Status)
		stuck := look.Cell{}
		if p := l.Work.Parked; p != nil {
			stuck = look.Cell{Text: plain(p.Step) + " (" + p.System + ")", Note: p.Cause}
			status = look.Cell{Text: plain(l.Status) + ", parked", Tone: look.Bad}
		}
		t.Rows = append(t.Rows, []look.Cell{{Text: l.Name, Address: v.on("customers", l.CustomerID, "services", l.ServiceID), Note: short(l.ServiceID)}, status, text(moment(l.Since)), code(l.Equipment.OnuSerial), stuck})
	}
	return t
}

func (v view) service() (web.Answer, error) {
	var l line
	var tests diagnosisPage
	g, id := v.reads(), v.PathValue("service")
	g.need(session.Path("services", id), nil, &l)
	g.get("listDiagnoses", session.Path("services", id, "diagnoses"), nil, &tests)
	if err := g.Wait(); err != nil {
		return web.Answer{}, err
	}
	b := v.board(l.Name)
	b.under, b.badges = l.ServiceID, []look.Cell{state(l.Status)}
	b.crumbs = []look.Place{{Name: "Customers", Address: v.on("customers")}, {Name: "Customer", Address: v.of()}, {Name: "Lines", Address: v.of("services")}}
	b.actions = v.serviceActions(l)
	holds := []string{}
	for _, h := range l.Holds {
		holds = append(holds, strings.TrimSuffix(plain(h.Cause)+": "+h.Reason, ": "))
	}
	alarms := []string{}
	for _, a := range l.Alarms {
		alarms = append(alarms, plain(a.Alarm)+" since "+moment(a.At))
	}
	b.blocks = []block{{title: "The line", entries: entries(entry("Contract", link(short(l.SubscriptionID), v.of("contracts", l.SubscriptionID))), entry("Since", text(moment(l.Since))), entry("RADIUS account", code(l.Username)),
		entry("Speed", text(speed(l.Profile.DownKbps)+" down, "+speed(l.Profile.UpKbps)+" up")), entry("Home", text(l.LocationID)), entry("ONU", code(l.Equipment.OnuSerial)), entry("Router", code(l.Equipment.CpeID)),
		entry("Port", code(strings.Trim(l.Port.Olt+" "+l.Port.Pon, " "))), entry("Address", code(l.Allocation.Address)), entry("Held off by", text(strings.Join(holds, "; "))), entry("Alarms", text(strings.Join(alarms, "; "))))}}
	if w := l.Work; w.Kind != "" {
		work := entries(entry("Work", text(plain(w.Kind))), entry("Done so far", text(strings.Join(w.Done, ", "))), entry("Last fault", text(plain(w.Failed))))
		if p := w.Parked; p != nil {
			work = append(work, entry("Stuck at", look.Cell{Text: plain(p.Step) + " (" + p.System + ")", Tone: look.Bad}), entry("Cause", text(p.Cause)), entry("Since", text(moment(p.At))))
		}
		b.blocks = append(b.blocks, block{title: "Work on the network", entries: work})
	}
	t := diagnosisTable(tests.Diagnoses)
	b.blocks = append(b.blocks, block{title: "Diagnoses", text: "The last twenty, newest first. One that runs is done in seconds: load the page again.", table: &t, actions: v.buttons(id, "", "health", "diagnose")})
	return v.show(b)
}

// serviceActions are those that make sense in the line's state.
func (v view) serviceActions(l line) []button {
	switch {
	case l.Work.Parked != nil:
		return v.buttons(l.ServiceID, "", "retry", "undo")
	case l.Status == "active":
		return v.buttons(l.ServiceID, "", "switchOff", "terminate")
	case l.Status == "suspended" || l.Status == "suspending":
		return v.buttons(l.ServiceID, "", "switchOn", "terminate")
	case l.Status == "provisioned":
		return v.buttons(l.ServiceID, "", "activate")
	}
	return nil
}

func diagnosisTable(all []diagnosis) look.Table {
	t := look.Table{Caption: "Diagnoses", Columns: look.Columns("Asked", "What", "Status", "Result"), Empty: "Nothing was measured yet."}
	for _, d := range all {
		var said []string
		for _, p := range d.Parts {
			facts := []string{}
			for _, f := range p.Facts {
				facts = append(facts, f.Name+" "+f.Value)
			}
			well := "well"
			if !p.OK {
				well = "NOT well"
			}
			said = append(said, p.Part+" "+well+" ("+strings.Join(facts, ", ")+")")
		}
		status := state(d.Status)
		if d.Status == "done" && d.Healthy != nil && !*d.Healthy {
			status = look.Cell{Text: "Done: not well", Tone: look.Bad}
		}
		t.Rows = append(t.Rows, []look.Cell{text(moment(d.AskedAt)), text(plain(d.Kind)), status, text(strings.Join(said, "; "))})
	}
	return t
}

// speed tells kilobits as people do.
func speed(kbps int64) string { return count(int(kbps/1000)) + " Mbit/s" }
