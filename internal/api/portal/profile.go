package portal

import (
	"cmp"
	"net/url"

	"turnup/internal/base/fault"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
	"turnup/internal/platform/web/session"
)

func (s service) addProfile() {
	s.page(web.Page{ID: "getPortalProfile", Path: "/portal/profile", About: "Name, address, telephone and the language of mails and documents."}, s.showProfile)
	s.form(web.Page{ID: "sendPortalProfile", Path: "/portal/profile", Faults: []*fault.Fault{account.ErrProfileInvalid, account.ErrCountryFixed, token.ErrUnverified}, About: "Completes the profile, or changes it."}, s.showProfile, s.profile)
}

// person is a profile, and the version of it that is seen.
type person struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	Phone    string `json:"phone"`
	TimeZone string `json:"timeZone"`
	Country  string `json:"country"`
	Pending  string `json:"pending"`
	Address  struct {
		Line1      string `json:"line1"`
		Line2      string `json:"line2"`
		PostalCode string `json:"postalCode"`
		City       string `json:"city"`
	} `json:"address"`
	version string
}

// Version takes the ETag.
func (p *person) Version(v string) { p.version = v }

func (sh *sheet) me() string { return session.Path("customers", sh.api.Account) }

func (s service) showProfile(sh *sheet) (view, error) {
	var p person
	if err := sh.api.Get(sh.me(), nil, &p); err != nil {
		return view{}, err
	}
	field := func(name, value, complete string, most int, optional bool) look.Field {
		f := sh.field(name)
		switch {
		case sh.refused == nil:
			f.Value = value
		case sh.refused.Kind == fault.Precondition && f.Value != value: // both are to be seen: what is typed, and what somebody saved meanwhile
			f.Hint = sh.say("profile.now", "value", cmp.Or(value, "–"))
		}
		f.Complete, f.Max, f.Optional = complete, most, optional
		return f
	}
	language := field("language", p.Language, "", 0, false)
	if language.Value == "" {
		language.Value = sh.Tag
	}
	for _, tag := range []string{"en", "de"} {
		language.Options = append(language.Options, look.Option{Value: tag, Label: sh.say("language." + tag)})
	}
	fields := []look.Field{field("name", p.Name, "name", account.NameMax, false), field("line1", p.Address.Line1, "address-line1", account.LineMax, false), field("line2", p.Address.Line2, "address-line2", account.LineMax, true),
		field("postalCode", p.Address.PostalCode, "postal-code", account.PostalCodeMax, false), field("city", p.Address.City, "address-level2", account.LineMax, false)}
	if p.Pending != "" {
		fields = append(fields, field("country", p.Country, "country", 2, false))
	}
	fields = append(fields, field("phone", p.Phone, "tel", 20, true), language)
	if p.Pending == "" {
		fields = append(fields, field("timeZone", p.TimeZone, "", 40, true))
	}
	f := sh.ask(sh.say("profile.submit"), sh.to("profile"), fields...)
	f.hidden = map[string]string{"version": p.version, "pending": p.Pending}
	v := view{title: sh.say("profile"), text: sh.say("profile.text"), section: "security", cards: []card{sh.tabs("profile"), {forms: []form{f}}}}
	if p.Pending != "" {
		v.text = sh.say("profile.pending")
	}
	return v, nil
}

func (s service) profile(sh *sheet) (string, error) {
	address := map[string]string{}
	for _, name := range []string{"line1", "line2", "postalCode", "city"} {
		address[name] = sh.v.Field(name)
	}
	body := map[string]any{"name": sh.v.Field("name"), "phone": sh.v.Field("phone"), "language": sh.v.Field("language"), "address": address}
	if sh.v.Field("pending") == "" {
		body["timeZone"] = sh.v.Field("timeZone")
		return sh.done("profile", "profile"), sh.api.Patch(sh.me(), sh.v.Field("version"), body, nil)
	}
	address["country"] = sh.v.Field("country")
	for name, value := range map[string]string{"phone": "", "line2": ""} {
		if address[name] == value {
			delete(address, name)
		}
		if body[name] == value {
			delete(body, name)
		}
	}
	if err := sh.api.Post("/customers", sh.key(), body, nil); err != nil {
		return "", err
	}
	return sh.done("profile"), s.desk.Renew(sh.v)
}

// unready leads who cannot use the portal yet to what is left to do. Perhaps they did it elsewhere: the session is read anew before.
func (s service) unready(sh *sheet, f *fault.Fault) (string, bool) {
	page := map[string]string{token.ErrNoProfile.Code: "profile", token.ErrUnverified.Code: "verify-email"}[f.Code]
	if page == "" || s.desk.Renew(sh.v) != nil {
		return "", false
	}
	return sh.to(page) + "?" + url.Values{"done": {"unready"}}.Encode(), true
}
