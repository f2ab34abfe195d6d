package console

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addStaff(site *web.Site) {
	s.page(site, web.Page{ID: "getConsoleStaff", Method: http.MethodGet, Path: "/console/staff", About: "Who is of the staff, and the form to invite somebody."}, view.showStaff)
	s.page(site, web.Page{ID: "sendConsoleStaff", Method: http.MethodPost, Path: "/console/staff", About: "Invites somebody."}, view.sendStaff)
	s.page(site, web.Page{ID: "getConsoleMember", Method: http.MethodGet, Path: "/console/staff/{member}", About: "A member of staff: roles, and removing."}, view.showMember)
	s.page(site, web.Page{ID: "sendConsoleMember", Method: http.MethodPost, Path: "/console/staff/{member}", About: "Sets roles, or removes."}, view.sendMember)
	s.page(site, web.Page{ID: "getConsoleMails", Method: http.MethodGet, Path: "/console/mails", About: "The kinds of mails."}, view.mailKinds)
	s.page(site, web.Page{ID: "getConsoleMail", Method: http.MethodGet, Path: "/console/mails/{kind}", About: "What a mail says."}, view.mail)
}

func init() {
	done["invited"], done["removed"] = "The invitation is on its way.", "They are no longer of the staff."
}

type member struct {
	StaffID, Email, Name string
	Roles                []string
	InvitedAt            time.Time
}

type staffPage struct {
	Staff      []member
	NextCursor string
}

// people are the forms about staff: of somebody new, or of a member.
type people struct {
	form
	who   *member
	roles []look.Field
}

func (v view) roleBoxes(has []string) (out []look.Field) {
	said := map[string]string{admin: "Administrator: plans, coupons, staff, and everything below", support: "Support: customers, accounts, tickets", billing: "Billing: invoices, refunds, wallets", network: "Network: lines and their work"}
	for _, r := range token.Roles {
		f := look.Field{Name: "role-" + r, Label: said[r], Optional: true}
		if slices.Contains(has, r) {
			f.Value = "yes"
		}
		out = append(out, f)
	}
	return out
}

// ticked are the roles of the form.
func (v view) ticked() (out []string) {
	out = []string{}
	for _, r := range token.Roles {
		if v.Field("role-"+r) == "yes" {
			out = append(out, r)
		}
	}
	return out
}

func (v view) staff() (*people, error) {
	var found staffPage
	if err := v.api.Get("/admin/staff", query("limit", "50", "cursor", v.Query().Get("cursor")), &found); err != nil {
		return nil, err
	}
	p := &people{roles: v.roleBoxes(v.ticked()), form: v.form("Staff", input{Field: look.Field{Name: "name", Label: "Name", Max: 120, Value: v.Field("name")}},
		input{Field: look.Field{Name: "email", Label: "Mail address", Type: "email", Max: 254, Value: v.Field("email")}})}
	t := look.Table{Caption: "Staff", Columns: look.Columns("Name", "Mail address", "Roles", "Invited"), Empty: "Nobody but who deployed this."}
	for _, m := range found.Staff {
		t.Rows = append(t.Rows, []look.Cell{{Text: m.Name, Address: v.on("staff", m.StaffID), Note: m.StaffID}, text(m.Email), text(strings.Join(m.Roles, ", ")), text(moment(m.InvitedAt))})
	}
	p.blocks = []block{{table: &t, pager: v.pager("Pages of staff", found.NextCursor)}}
	return p, nil
}

func (v view) showStaff() (web.Answer, error) {
	p, err := v.staff()
	return web.Show(staffPart(p)), err
}

func (v view) sendStaff() (web.Answer, error) {
	err := v.api.Post("/admin/staff", v.Field("attempt"), map[string]any{"name": v.Field("name"), "email": v.Field("email"), "roles": v.ticked()}, nil)
	if err == nil {
		return goDone(v.on("staff"), "invited"), nil
	}
	return again(err, v.staff, staffPart)
}

func (v view) member() (*people, error) {
	id := v.PathValue("member")
	for cursor := ""; ; {
		var found staffPage
		if err := v.api.Get("/admin/staff", query("limit", "50", "cursor", cursor), &found); err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(found.Staff, func(m member) bool { return m.StaffID == id }); at >= 0 {
			m := found.Staff[at]
			p := &people{form: v.form(m.Name), who: &m, roles: v.roleBoxes(m.Roles)}
			p.under, p.crumbs = m.Email, []look.Place{{Name: "Staff", Address: v.on("staff")}}
			p.actions = []button{{Place: look.Place{Name: "What they did", Address: v.on("audit") + "?" + query("staffId", id).Encode()}}}
			return p, nil
		}
		if cursor = found.NextCursor; cursor == "" {
			return nil, fault.ErrMethod
		}
	}
}

func (v view) showMember() (web.Answer, error) {
	p, err := v.member()
	return web.Show(staffPart(p)), err
}

func (v view) sendMember() (web.Answer, error) {
	path := session.Path("admin", "staff", v.PathValue("member"))
	var err error
	word := "saved"
	if v.Field("go") == "remove" {
		word, err = "removed", v.api.Delete(path, "", nil)
	} else {
		err = v.api.Put(path+"/roles", "", map[string]any{"roles": v.ticked()}, nil)
	}
	if err == nil {
		return goDone(v.on("staff"), word), nil
	}
	return again(err, v.member, staffPart)
}

func (v view) mailKinds() (web.Answer, error) {
	var found struct {
		Languages []string
		Kinds     []struct {
			Kind, Trigger, To string
			Samples           int
		}
	}
	if err := v.api.Get("/admin/mails", nil, &found); err != nil {
		return web.Answer{}, err
	}
	b := v.board("Mails")
	t := look.Table{Caption: "Kinds of mails", Columns: look.Columns("Mail", "Sent after", "To", "Languages"), Empty: "There are none."}
	for _, k := range found.Kinds {
		t.Rows = append(t.Rows, []look.Cell{link(plain(k.Kind), v.on("mails", k.Kind)), code(k.Trigger), text(k.To), text(strings.Join(found.Languages, ", "))})
	}
	b.blocks = []block{{text: "With made-up data.", table: &t}}
	return v.show(b)
}

func (v view) mail() (web.Answer, error) {
	var m struct{ Kind, Language, Subject, Text string }
	language := v.Query().Get("language")
	if language == "" {
		language = "en"
	}
	if err := v.api.Get(session.Path("admin", "mails", v.PathValue("kind"), "preview"), query("language", language, "sample", v.Query().Get("sample")), &m); err != nil {
		return web.Answer{}, err
	}
	b := v.board(plain(m.Kind))
	b.crumbs = []look.Place{{Name: "Mails", Address: v.on("mails")}}
	for _, tag := range []string{"en", "de"} {
		b.tabs = append(b.tabs, look.Place{Name: map[string]string{"en": "English", "de": "German"}[tag], Address: v.on("mails", v.PathValue("kind")) + "?language=" + tag, Here: tag == m.Language})
	}
	b.blocks = []block{{title: m.Subject, text: "The mail's text, with made-up data. Its links lead nowhere.", more: prose(m.Text)}}
	return v.show(b)
}
