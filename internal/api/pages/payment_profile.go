package pages

import (
	"errors"
	"net/http"

	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/language"
	"turnup/internal/base/signlink"
	"turnup/internal/domain/payment"
	"turnup/internal/platform/web"
)

// pspParams are what the PSP adds to the address it sends customers back to.
var pspParams = []string{"reference", "session_id", "cancelled"}

func (s service) addPaymentProfile(site *web.Site) {
	site.Add(web.Page{ID: "getPaymentProfilePage", Method: http.MethodGet, Path: "/pages/payment-profile", Faults: []*fault.Fault{signlink.ErrInvalid},
		About: "How the customer pays: with a card that is entered at the PSP, or with the one they have."}, s.on(paymentProfile, s.showPaymentProfile))
	site.Add(web.Page{ID: "sendPaymentProfilePage", Method: http.MethodPost, Path: "/pages/payment-profile", Step: "S2 5 Card",
		Faults: []*fault.Fault{signlink.ErrInvalid, payment.ErrPSPUnavailable, payment.ErrReturnURL},
		About:  "Leads to the page of the PSP, or returns with the card that the customer has."}, s.on(paymentProfile, s.sendPaymentProfile))
	site.Add(web.Page{ID: "returnFromProvider", Method: http.MethodGet, Path: "/pages/payment-profile/return", Step: "S2 6 Back from the bank",
		Faults: []*fault.Fault{signlink.ErrInvalid, payment.ErrMethodUnknown, payment.ErrResultForged, payment.ErrPSPUnavailable},
		About:  "Where the PSP's page leads back to: asks the PSP what became of it, and returns with the payment profile's id."}, s.returnFromProvider)
}

type paymentView struct {
	paper
	said   string // what became of the attempt before
	saved  string // the card that the customer has
	action string // the page's own address: it is shown where the PSP leads back to as well
}

// savedMethod is the card that a customer can use at once; "" without one, and when it is the one that was declined.
func (s service) savedMethod(v *web.Visit, a ask) (method id.Method, card string, err error) {
	standing, err := s.Store.ChargeableMethod(v.Context(), a.client, a.customer)
	if err != nil || standing.None() {
		return "", "", err
	}
	method = id.Swap[id.Method](standing.Reference, id.ReferencePrefix, id.MethodPrefix)
	if method == a.refused {
		return "", "", nil
	}
	return method, standing.Card.String(), nil
}

func (s service) paymentPage(v *web.Visit, a ask, saying func(words) string) (web.Answer, error) {
	p, err := s.paper(v, a, func(w words) string { return w.Payment.Title })
	if err != nil {
		return web.Answer{}, err
	}
	_, saved, err := s.savedMethod(v, a)
	return web.Show(paymentPage(paymentView{p, saying(p.words), saved, a.here(v)}), a.leads(s.PSPPages)...), err
}

func (s service) showPaymentProfile(v *web.Visit, a ask) (web.Answer, error) {
	return s.paymentPage(v, a, func(w words) string {
		if a.refused != "" {
			return w.Payment.Declined
		}
		return ""
	})
}

func (s service) sendPaymentProfile(v *web.Visit, a ask) (web.Answer, error) {
	if v.Field("go") == "saved" {
		method, _, err := s.savedMethod(v, a)
		if err == nil && method != "" {
			return s.goBack(v, a, success, "customer", string(a.customer), "profile", string(method))
		}
		if err != nil {
			return web.Answer{}, err
		}
	}
	m, err := s.Setup.Begin(v.Context(), a.key(v, "payment-profile"), a.client, a.customer, a.here(v, "return"), language.Match(v.Language(), shipped()))
	if err != nil {
		return web.Answer{}, err
	}
	return web.Go(m.RedirectURL), nil
}

// returnFromProvider believes the PSP, not the browser. The link may be over by now: it was good when the customer left for the PSP.
func (s service) returnFromProvider(v *web.Visit) (web.Answer, error) {
	a, err := s.asked(v, paymentProfile)
	if err != nil {
		return web.Answer{}, err
	}
	if v.Query().Get("cancelled") != "" {
		return s.paymentPage(v, a, func(w words) string { return w.Payment.Cancelled })
	}
	ref := id.Reference(v.Query().Get("reference"))
	m, err := s.Setup.Confirm(v.Context(), a.key(v, "confirm|"+string(ref)), a.client, a.customer, ref, v.Query().Get("session_id"))
	switch {
	case err == nil:
		return s.goBack(v, a, success, "customer", string(a.customer), "profile", string(m.ID()))
	case errors.Is(err, payment.ErrNotAuthenticated), errors.Is(err, payment.ErrSessionExpired):
		return s.paymentPage(v, a, func(w words) string { return w.Payment.Refused })
	}
	return web.Answer{}, err
}
