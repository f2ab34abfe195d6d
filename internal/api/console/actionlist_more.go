package console

import (
	"strings"

	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

// aboutLine tells which line, and where its work is.
func aboutLine(v view, t target, g reads) func(*ask) {
	var l line
	g.need(session.Path("services", t.id), nil, &l)
	return func(a *ask) {
		a.facts = entries(entry("Line", text(l.Name)), entry("Status", state(l.Status)), entry("ONU", code(l.Equipment.OnuSerial)), entry("Home", text(l.LocationID)))
		if p := l.Work.Parked; p != nil {
			a.facts = append(a.facts, entries(entry("Stuck at", text(plain(p.Step)+" ("+p.System+")")), entry("Cause", text(p.Cause)), entry("Since", text(moment(p.At))), entry("Done so far", text(strings.Join(l.Work.Done, ", "))))...)
		}
	}
}

// toLine posts a body to what is below the line.
func toLine(what string, fields ...string) func(*ask) error {
	return func(a *ask) error {
		return a.api.Post(session.Path("services", a.id, what), a.key, a.body(fields...), nil)
	}
}

// askLine posts without a body.
func askLine(what string) func(*ask) error {
	return func(a *ask) error { return a.api.Post(session.Path("services", a.id, what), a.key, nil, nil) }
}

var diagnoses = []look.Option{{Value: "optical", Label: "Optical levels"}, {Value: "ping", Label: "Ping from the router"}, {Value: "trace", Label: "Trace from the router"},
	{Value: "reboot_onu", Label: "Restart the ONU (the line is down for a minute)"}, {Value: "reboot_cpe", Label: "Restart the router (the line is down for some minutes)"}}

func lineActions() map[string]action {
	return map[string]action{
		"retry": {op: "retryProvisioning", title: "Retry", submit: "Go on at this step", done: "The work goes on.", about: aboutLine, back: view.backToLine, send: askLine("retry"),
			will: "The work goes on at the step where it got stuck. Mend the cause first; steps that are done stay done."},
		"undo": {op: "cancelProvisioning", title: "Undo the work", submit: "Undo everything", done: "The work is being undone.", grave: true, about: aboutLine, back: view.backToLine, send: askLine("cancel"),
			will: "Finished steps are undone in reverse order. Then the contract ends, and what was paid is given back to the customer's wallet. It cannot be undone."},
		"terminate": {op: "terminateService", title: "Terminate", submit: "Take the line down", done: "The line is being taken down.", grave: true, about: aboutLine, back: view.backToLine, send: askLine("terminate"),
			will: "Everything the line has in the network is taken down, and its addresses and equipment are given back. It cannot be undone."},
		"activate": {op: "activateService", title: "Activate", submit: "Activate the line", done: "The line becomes active.", about: aboutLine, back: view.backToLine, send: askLine("activate"),
			will: "The line is set up and verified; now its customer's time begins."},
		"switchOff": {op: "suspendService", title: "Switch off", submit: "Switch the line off", done: "The line is being switched off.", grave: true, about: aboutLine, back: view.backToLine, send: toLine("suspend", "reason"),
			will: "Nobody gets in with it at once, and its sessions are ended.", inputs: []input{reason("Reason", "For colleagues.", 200)}},
		"switchOn": {op: "resumeService", title: "Switch on", submit: "Switch the line on", done: "The line is being switched on.", about: aboutLine, back: view.backToLine,
			send: func(a *ask) error {
				return a.api.Post(session.Path("services", a.id, "resume"), a.key, map[string]any{}, nil)
			},
			will: "The hold by staff ends. The line runs again when no other hold is left, for example for an unpaid invoice."},
		"health": {op: "checkServiceHealth", title: "Check its health", submit: "Check", done: "The check runs: load the page again in a few seconds.", about: aboutLine, back: view.backToLine, send: askLine("health-check"),
			will: "Asks the ONU, the router and the sessions how they are. It changes nothing."},
		"diagnose": {op: "diagnoseService", title: "Diagnose", submit: "Begin", done: "The diagnosis runs: load the page again in a few seconds.", about: aboutLine, back: view.backToLine, send: toLine("diagnoses", "kind", "host"),
			will:   "Measures, or restarts a device.",
			inputs: []input{{Field: look.Field{Name: "kind", Label: "What", Options: diagnoses}}, maybe(input{Field: look.Field{Name: "host", Label: "Address", Hint: "Of ping and trace only, for example 192.0.2.1", Max: 253}})}},
	}
}

// aboutPerson tells whose account it is, in which version.
func aboutPerson(v view, t target, g reads) func(*ask) {
	var c person
	g.need(v.customerPath(), nil, &c)
	return func(a *ask) {
		a.facts = entries(entry("Customer", text(c.called())), entry("Mail address", text(c.Email)), entry("Status", state(c.Status)), entry("Customer id", code(c.CustomerID)))
		if a.version == "" {
			a.version = c.ETag
		}
	}
}

// aboutTrouble tells whose ticket it will be, and whether their line is being worked on.
func aboutTrouble(v view, t target, g reads) func(*ask) {
	var lines servicePage
	tell := aboutPerson(v, t, g)
	g.get("listServices", "/services", query("customerId", t.customer, "limit", "50"), &lines)
	return func(a *ask) {
		tell(a)
		a.facts = append(a.facts, entries(entry("Planned work", text(lines.works(a.Now()))))...)
	}
}

func aboutAccess(v view, t target, g reads) func(*ask) {
	var c accessOf
	g.need("/admin"+v.customerPath("access"), nil, &c)
	return func(a *ask) {
		a.facts = entries(entry("Tier now", text(c.Tier)), entry("Groups now", text(strings.Join(c.Groups, ", "))))
		a.preset("tier", c.Tier)
		a.preset("groups", strings.Join(c.Groups, ", "))
		if a.version == "" {
			a.version = c.ETag
		}
	}
}

// listed reads ids with commas or blanks between them.
func listed(s string) []string {
	return append([]string{}, strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' })...)
}

func accountActions() map[string]action {
	forRecord := reason("Reason", "For the record: how it was made sure who asks.", 200)
	toAccount := func(what string) func(*ask) error {
		return func(a *ask) error { return a.api.Post("/admin"+a.customerPath(what), a.key, a.body("reason"), nil) }
	}
	return map[string]action{
		"verify": {op: "verifyAccount", title: "Confirm the mail address", submit: "Confirm it", done: "The mail address counts as confirmed.", about: aboutPerson, back: view.backToAccount, inputs: []input{forRecord}, send: toAccount("verify"),
			will: "For who cannot use the link of the mail. Make sure first who asks."},
		"resetFactor": {op: "resetSecondFactor", title: "Reset the second factor", submit: "Switch it off", done: "The second factor is off.", grave: true, about: aboutPerson, back: view.backToAccount, inputs: []input{forRecord}, send: toAccount("disable-2fa"),
			will: "For who lost their authenticator and their recovery codes. All their sessions end, and from then on the password alone signs in. Make sure first who asks."},
		"erase": {op: "deleteCustomer", title: "Erase", submit: "Erase this customer", done: "The customer is being erased.", grave: true, about: aboutPerson, back: view.backToAccount,
			will: "Everything personal is removed for good; invoices are kept as long as the law asks for. It is refused while contracts run or money is open. It cannot be undone.",
			send: func(a *ask) error { return a.api.Delete(a.customerPath(), "", nil) }},
		"access": {op: "setCustomerAccess", title: "Change", submit: "Set tier and groups", done: "Tier and groups are set.", about: aboutAccess, back: view.backToAccount,
			will:   "Takes effect on the customer's next call. What was ordered before stays as it is.",
			inputs: []input{{Field: look.Field{Name: "tier", Label: "Tier", Hint: "Its id, for example standard", Max: 40}}, maybe(input{Field: look.Field{Name: "groups", Label: "Groups", Hint: "All their ids, with commas between", Max: 500}})},
			send: func(a *ask) error {
				return a.api.Put("/admin"+a.customerPath("access"), a.version, map[string]any{"tier": a.Field("tier"), "groups": listed(a.Field("groups"))}, nil)
			}},
		"exempt": {op: "setTaxExemption", title: "Exempt from taxes", submit: "Charge no tax", done: "The customer is charged no tax from now on.", about: aboutPerson, back: view.backToAccount,
			will: "From then on plans cost the customer what they are without the tax of their country, and invoices state the reason. What was invoiced before stays as it is.",
			inputs: []input{reason("Reason", "As invoices state it, for example Reverse charge", 120), maybe(input{Field: look.Field{Name: "code", Label: "Code of the list VATEX", Hint: "For example VATEX-EU-AE", Max: 40}}),
				maybe(input{Field: look.Field{Name: "taxId", Label: "VAT identification number", Hint: "Needed for reverse charge", Max: 40}}), maybe(input{Field: look.Field{Name: "certificate", Label: "Number of what proves it", Max: 80}})},
			send: func(a *ask) error {
				return a.api.Put("/admin"+a.customerPath("tax-exemption"), a.version, a.body("reason", "code", "taxId", "certificate"), nil)
			}},
		"tax": {op: "withdrawTaxExemption", title: "Charge taxes again", submit: "Charge taxes", done: "The customer is charged taxes again.", about: aboutPerson, back: view.backToAccount,
			will: "From the next bill on the tax of the customer's country is charged.", send: func(a *ask) error { return a.api.Delete("/admin"+a.customerPath("tax-exemption"), a.version, nil) }},
		"openTicket": {op: "createTicket", title: "Open a ticket", submit: "Open the ticket", done: "The ticket is open.", about: aboutTrouble, back: func(v view, _ target) string { return v.of("contact") },
			will: "For who called, or for something we found. The customer sees it.", send: openTicket,
			inputs: []input{{Field: look.Field{Name: "subject", Label: "Subject", Max: 200}}, {Field: look.Field{Name: "category", Label: "About", Options: categories}}, {Field: look.Field{Name: "priority", Label: "Priority", Value: "normal", Options: priorities}},
				{rows: 5, Field: look.Field{Name: "body", Label: "First message", Max: 10000}}}},
	}
}

func openTicket(a *ask) error {
	body := a.body("subject", "body", "category", "priority")
	body["customerId"] = a.customer
	return a.api.Post("/tickets", a.key, body, nil)
}
