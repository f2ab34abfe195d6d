package journey

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"turnup/internal/base/token"
)

// S3-82, X1: network operations announce maintenance on the console: the form, what it will do, the list; what is wrong is said at its field. It is changed,
// withdrawn after another question, and of one that runs only its end is asked for. Every page is accessible and fits the window.
func TestS3MaintenanceInABrowser(t *testing.T) {
	email := deskMember(t, token.RoleNetwork)
	for _, like := range []screen{desktop, phone} {
		t.Run(like.name, func(t *testing.T) {
			w, id := browse(t, like), "chg-"+newName()
			shot := func(name string) {
				w.keep("console-maintenance-" + name)
				w.accessible(name)
			}
			set := func(field string, at time.Time) {
				w.do(chromedp.SetValue(chromedp.CSS("#"+field), at.UTC().Format("2006-01-02T15:04")))
			}
			w.signsIn(email)
			w.do(chromedp.Navigate(site.API + "/console/maintenance"))
			w.says("Running and coming")
			w.click(`a[href$="/maintenance/new"]`)
			w.says("What customers read")
			begin := time.Now().UTC().Truncate(time.Minute).AddDate(0, 0, 1)
			w.fill("maintenanceId", id)
			set("start", begin)
			set("end", begin.Add(25*time.Hour))
			w.fill("olt", "olt-1")
			w.fill("note", "We replace a line card: "+id)
			shot("form")
			w.click(`button[value="check"]`)
			w.says("neither service nor downtime counts")
			w.click(`button[value="announce"]`)
			w.says("at most 24 hours")
			set("end", begin.Add(2*time.Hour))
			w.click(`button[value="check"]`)
			w.says("Announce it?")
			shot("confirm")
			w.click(`button[value="announce"]`)
			w.says("It is announced")
			w.says(id)
			shot("list")
			w.click(`a[href$="/maintenance/` + id + `"]`)
			w.says("Withdraw it")
			set("end", begin.Add(3*time.Hour))
			shot("window")
			w.click(`button[value="check"]`)
			w.says("Until now")
			w.click(`button[value="announce"]`)
			w.says("It is changed.")
			w.do(chromedp.Navigate(site.API + "/console/maintenance/" + id + "/withdraw"))
			w.says("Nobody is told of it any more")
			shot("withdraw")
			w.click(`button[value="do"]`)
			w.says("It is withdrawn")
			w.do(chromedp.Navigate(site.API + "/console/targets"))
			w.says("Maintenance")
			shot("targets")
		})
	}
}

// S3-82: without scripts too; one that runs is ended early, after it was said what that does, and cannot be withdrawn; another one's reference is
// not taken over. Who lives there reads of it on their first page; support reads it and announces nothing. S3-59: a ticket that is opened
// meanwhile names it, to the customer and to staff, also when it is over; one that was opened before it, only while it runs.
func TestMaintenanceOnPages(t *testing.T) {
	ctx, h, id := t.Context(), NewHome(), "chg-"+newName()
	r := movesIn(t, h)
	r.becomes(t, "active")
	early, colleague, support := opened(t, r.Customer, question("Early")), support(t), atDesk(t, token.RoleSupport)
	noc, begin := staff(t, token.RoleNetwork), time.Now().UTC().Truncate(time.Second).Add(3*time.Second)
	expect(t, must[Answer](t)(noc.Put(ctx, "/admin/maintenance/"+id, map[string]any{"start": begin, "end": begin.Add(time.Hour), "olt": h.OLT, "note": "Work " + id})), nil, http.StatusOK, "")
	visitor := NewReader()
	door := must[Screen](t)(visitor.Open(ctx, site.API+"/portal/sign-in"))
	home := must[Screen](t)(visitor.Send(ctx, door, 0, "login", r.email, "password", Password))
	if home.Status != http.StatusOK || !strings.Contains(home.Text, "Work "+id) || !strings.Contains(home.Text, "We work on the network") {
		t.Errorf("the customer reads %d %s", home.Status, home.Text)
	}
	named := func(ticket, name, want string) { // by the operation, to both, and on the pages of both
		t.Helper()
		for who, c := range map[string]*Customer{"the customer": r.Customer, "staff": colleague} {
			says := ""
			if got := readTicket(t, c, ticket, 50); len(got.Maintenance) == 1 {
				m := got.Maintenance[0]
				if says = "now"; m.Over {
					says = "over"
				}
				if m.MaintenanceID != id || m.Note != "Work "+id || !m.Start.Equal(begin) || !m.End.After(begin) {
					t.Errorf("%s reads of %+v", who, m)
				}
			} else if got.Maintenance == nil || len(got.Maintenance) > 1 {
				t.Errorf("%s reads %+v", who, got.Maintenance)
			}
			if says != want {
				t.Errorf("the %s ticket says %q to %s, want %q", name, says, who, want)
			}
		}
		mine, theirs := must[Screen](t)(visitor.Open(ctx, site.API+"/portal/tickets/"+ticket)).Text, must[Screen](t)(support.Open(ctx, site.API+"/console/tickets/"+ticket)).Text
		words := map[string][2]string{"now": {"We work on the network", "Planned work"}, "over": {"We worked on the network", ", over: Work " + id}}[want]
		if strings.Contains(mine, "Work "+id) != (want != "") || strings.Contains(theirs, "Work "+id) != (want != "") || !strings.Contains(mine, words[0]) || !strings.Contains(theirs, words[1]) {
			t.Errorf("of the %s ticket, %q, the pages say %s and %s", name, want, mine, theirs)
		}
	}
	time.Sleep(time.Until(begin.Add(time.Second)))
	amid := opened(t, r.Customer, question("Amid"))
	named(early.TicketID, "early", "now")
	named(amid.TicketID, "other", "now")
	desk, at := atDesk(t, token.RoleNetwork), site.API+"/console/maintenance/"
	send := func(path string, fields ...string) Screen { // the form of a page is behind that to sign out
		t.Helper()
		shown := must[Screen](t)(desk.Open(ctx, at+path))
		return must[Screen](t)(desk.Send(ctx, shown, len(shown.Forms)-1, fields...))
	}
	page := must[Screen](t)(desk.Open(ctx, at+id))
	if !strings.Contains(page.Text, "End it now") || strings.Contains(page.HTML, `name="start"`) || strings.Contains(page.Text, "Withdraw") {
		t.Errorf("of one that runs: %s", page.HTML)
	}
	if refused := send(id+"/withdraw", "go", "do"); !strings.Contains(refused.Text, "has begun") {
		t.Errorf("withdrawing what runs: %s", refused.Text)
	}
	taken := send("new", "maintenanceId", id, "note", "Mine", "go", "announce")
	if !strings.Contains(taken.Text, "reference already") {
		t.Errorf("another one's reference: %s", taken.Text)
	}
	time.Sleep(time.Until(amid.OpenedAt.Add(time.Second))) // ends are whole seconds
	ended := send(id+"/end", "go", "do")
	if w := into[works](t, must[Answer](t)(noc.Get(ctx, "/admin/maintenance/"+id))); !strings.Contains(ended.Text, "It has ended") || w.State != "over" || w.Version != 2 {
		t.Errorf("%s: %+v", ended.Text, w)
	}
	named(early.TicketID, "early", "")
	named(amid.TicketID, "other", "over")
	resolve(t, r.Customer, amid.TicketID)
	named(amid.TicketID, "resolved", "over")
	list := must[Screen](t)(support.Open(ctx, site.API+"/console/maintenance"))
	if !strings.Contains(list.Text, id) || strings.Contains(list.Text, "Announce maintenance") {
		t.Errorf("support reads %s", list.Text)
	}
	if form := must[Screen](t)(support.Open(ctx, at+"new")); form.Status != http.StatusForbidden {
		t.Errorf("support gets the form: %d", form.Status)
	}
}
