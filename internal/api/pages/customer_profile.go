package pages

import (
	"net/http"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/signlink"
	"turnup/internal/domain/account"
	"turnup/internal/platform/web"
	"turnup/internal/platform/web/look"
)

func (s service) addCustomerProfile(site *web.Site) {
	faults := []*fault.Fault{signlink.ErrInvalid, account.ErrUnknown}
	site.Add(web.Page{ID: "getCustomerProfilePage", Method: http.MethodGet, Path: "/pages/customer-profile", Faults: faults,
		About: "Asks a registered customer for address and telephone number."}, s.on(customerProfile, s.showCustomerProfile))
	site.Add(web.Page{ID: "sendCustomerProfilePage", Method: http.MethodPost, Path: "/pages/customer-profile", Step: "S2 4 Address", Events: []string{string(event.TypeCustomerUpdated)}, Faults: faults,
		About: "Keeps what the customer says in their profile, and returns."}, s.on(customerProfile, s.sendCustomerProfile))
}

type profileView struct {
	paper
	line1, line2, postal, city, phone look.Field
}

// profileFields are the fields of the form by those of the profile.
var profileFields = map[string]string{"body.address.line1": "line1", "body.address.line2": "line2", "body.address.postalCode": "postalCode", "body.address.city": "city", "body.phone": "phone"}

func (s service) profileView(v *web.Visit, a ask) (profileView, error) {
	p, err := s.paper(v, a, func(w words) string { return w.Profile.Title })
	w := p.Profile
	return profileView{paper: p,
		line1:  look.Field{Name: "line1", Label: w.Line1, Value: v.Field("line1"), Complete: "address-line1", Max: account.LineMax},
		line2:  look.Field{Name: "line2", Label: w.Line2, Value: v.Field("line2"), Complete: "address-line2", Max: account.LineMax, Optional: true},
		postal: look.Field{Name: "postalCode", Label: w.PostalCode, Value: v.Field("postalCode"), Complete: "postal-code", Max: account.PostalCodeMax},
		city:   look.Field{Name: "city", Label: w.City, Value: v.Field("city"), Complete: "address-level2", Max: account.LineMax},
		phone:  look.Field{Name: "phone", Label: w.Phone, Hint: w.PhoneHint, Value: v.Field("phone"), Type: "tel", Complete: "tel", Max: 16, Optional: true}}, err
}

func (v profileView) fields() []look.Field {
	return []look.Field{v.line1, v.line2, v.postal, v.city, v.phone}
}

func (s service) showCustomerProfile(v *web.Visit, a ask) (web.Answer, error) {
	// What is known of the customer is not shown: whoever has the link need not be them.
	view, err := s.profileView(v, a)
	return web.Show(profilePage(view), a.leads()...), err
}

func (s service) sendCustomerProfile(v *web.Visit, a ask) (web.Answer, error) {
	line1, line2, postal, city := v.Field("line1"), v.Field("line2"), v.Field("postalCode"), v.Field("city")
	said := account.Profile{Address: &account.AddressChange{Line1: &line1, Line2: &line2, PostalCode: &postal, City: &city}}
	if phone := v.Field("phone"); phone != "" {
		said.Phone = &phone
	}
	_, err := account.Profiles{Store: s.Store}.Update(v.Context(), a.client, a.customer, said, func(int64) error { return nil })
	f := fault.Of(err)
	switch {
	case err == nil:
		return s.goBack(v, a, success, "customer", string(a.customer))
	case f == nil || len(f.Fields) == 0:
		return web.Answer{}, err
	}
	view, err := s.profileView(v, a)
	wrong := view.wrong(f, profileFields)
	for _, field := range []*look.Field{&view.line1, &view.line2, &view.postal, &view.city, &view.phone} {
		field.Wrong = wrong[field.Name]
	}
	return web.Again(profilePage(view), a.leads()...), err
}
