package signup

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/signlink"
	"turnup/internal/domain/signup"
	"turnup/internal/platform/web"
)

// linkWithin is how long the link to a page is good beyond the step's limit: who comes back late is still let in, and the page's return
// ends the waiting.
const linkWithin = 30 * time.Minute

func (s service) addWay(site *web.Site) {
	site.Add(web.Page{ID: "returnFromPage", Method: http.MethodGet, Path: "/signup/{client}/{signupId}/return/{step}", Step: "S2 8 Back from each page", Events: []string{string(event.TypeSignupStepCompleted), string(event.TypeSignupRequested), string(event.TypeSignupRequestedTmp)},
		Faults: append([]*fault.Fault{signlink.ErrInvalid, signlink.ErrExpired, signup.ErrOutOfOrder, signup.ErrFilled, signup.ErrIncomplete}, common...),
		About:  "Where the page of another system returns to, by a link that it signed. A return that comes again changes nothing."}, s.returned)
	site.Add(web.Page{ID: "getProcessing", Method: http.MethodGet, Path: "/signup/{client}/{signupId}/processing", Step: "S2 9 Wait for the contract", Events: []string{string(event.TypePaymentInitiated), string(event.TypePaymentSucceeded), string(event.TypeOrderPaid), string(event.TypeContractSigned), string(event.TypeThankYouPagePublished), string(event.TypeSignupCompleted), string(event.TypeSignupFailed)}, Faults: common,
		About: "Leads to where the customer is to be now, or says what is waited for or what went wrong."}, s.showProcessing)
	site.Add(web.Page{ID: "getSignupStatus", Method: http.MethodGet, Path: "/signup/{client}/{signupId}/status", Faults: common,
		About: "The same for the page's script, as JSON: `next` is where to go, if anywhere yet, and `message` what is waited for."}, s.status)
	site.Add(web.Page{ID: "resumeSignup", Method: http.MethodGet, Path: "/signup/{client}/{signupId}/resume", Step: "S2 11 Go on later", Faults: append([]*fault.Fault{signlink.ErrInvalid, signlink.ErrExpired}, common...),
		About: "Where the link of a mail leads to, on whatever device: lets the browser in and goes on."}, s.resume)
}

// returned takes a customer back from a page. The link is checked before anything it says is looked at.
func (s service) returned(v *web.Visit) (web.Answer, error) {
	step, which := v.PathValue("step"), id.Signup(v.PathValue("signupId"))
	link, err := s.verified(v, signlink.Back(step))
	if err != nil {
		return s.expiredLink(v, which, err)
	}
	p := link.Params
	r := signup.Return{Partner: link.Partner, Step: step, Outcome: signup.Outcome(p["outcome"]), Customer: id.Customer(p["customer"]), Profile: id.Method(p["profile"])}
	if step == signup.Register && r.Customer != "" {
		c, err := s.Store.Customer(v.Context(), v.Tenant(), r.Customer)
		if errors.Is(err, fault.ErrNotFound) {
			err = signup.ErrIncomplete.Because(err)
		}
		if err != nil {
			return web.Answer{}, err
		}
		r.TestClock = c.TestClock
	}
	now, err := s.Store.ChangeSignup(v.Context(), nil, v.Tenant(), which, func(is signup.Signup, at time.Time) (signup.Signup, []event.Data, error) {
		return is.Returned(r, at)
	})
	if err != nil {
		return web.Answer{}, err
	}
	v.Note(now.Customer)
	return web.Go(at(v, which, "processing")), admit(v, now)
}

// verified reads a link to the page itself, which must be about the client account and the signup in the path.
func (s service) verified(v *web.Visit, p signlink.Purpose) (signlink.Link, error) {
	query, err := signlink.Query(v.Query())
	if err != nil {
		return signlink.Link{}, err
	}
	link, err := s.Keys.Verify(p, v.Here(), query, v.Now())
	if err != nil {
		return link, err
	}
	if err := mine(v); err != nil {
		return link, err
	}
	if link.Params["client"] != v.PathValue("client") || link.Params["signup"] != v.PathValue("signupId") {
		return link, signlink.ErrInvalid.Because(errors.New("signup: the link is about another signup than its address"))
	}
	return link, nil
}

// expiredLink goes on with the signup where a link that is over leads a browser that we know; it does nothing else any more.
func (s service) expiredLink(v *web.Visit, which id.Signup, err error) (web.Answer, error) {
	if _, stranger := s.visited(v); errors.Is(err, signlink.ErrExpired) && stranger == nil {
		return web.Go(at(v, which, "processing")), nil
	}
	return web.Answer{}, err
}

func (s service) resume(v *web.Visit) (web.Answer, error) {
	which := id.Signup(v.PathValue("signupId"))
	link, err := s.verified(v, signup.Resume)
	if err != nil {
		return s.expiredLink(v, which, err)
	}
	if link.Partner != signup.Owner {
		return web.Answer{}, signlink.ErrInvalid.Because(errors.New("signup: a link that only we make, by somebody else"))
	}
	now, err := s.Store.Signup(v.Context(), v.Tenant(), which)
	if err != nil {
		return web.Answer{}, err
	}
	return web.Go(at(v, which, "processing")), admit(v, now)
}

// way is where the customer of a signup is to go, and what they are shown while they are to stay.
type way struct {
	is   signup.Signup
	to   signup.Next
	next string // address; "" to stay
}

// way finds the way on from a signup. A page that cannot be presented is noted: the customer is offered something else.
func (s service) way(v *web.Visit, is signup.Signup) (way, error) {
	to := is.NextPage()
	switch to.Place {
	case signup.AtBank, signup.AtThankYou:
		return way{is, to, to.URL}, nil
	case signup.AtPage:
	default:
		return way{is, to, ""}, nil
	}
	address, why, err := s.page(v, is, to.Step)
	if err != nil || address != "" {
		return way{is, to, address}, err
	}
	is, err = s.Store.ChangeSignup(v.Context(), nil, is.Tenant, is.ID, func(now signup.Signup, at time.Time) (signup.Signup, []event.Data, error) {
		next, events := now.PageUnavailable(to.Step.Name, why, at)
		return next, events, nil
	})
	return way{is: is, to: is.NextPage()}, err
}

// page makes the signed link to a step's page. When it cannot be presented there is none, and why.
func (s service) page(v *web.Visit, is signup.Signup, step signup.Step) (address, why string, err error) {
	p, err := signup.FindPartner(v.Context(), s.Store, is.Tenant, step.Partner, s.Base)
	switch {
	case errors.Is(err, signup.ErrPartnerUnknown):
		return "", "the system is not known", nil
	case err != nil:
		return "", "", err
	case p.Pages[step.Name] == "":
		return "", "the system has no such page", nil
	}
	if p.Health != "" {
		if down := s.Prober.Up(v.Context(), p.Health); down != nil {
			slog.WarnContext(v.Context(), "a page cannot be presented", "partner", p.Name, "step", step.Name, "error", down.Error())
			return "", down.Error(), nil
		}
	}
	address, err = s.Keys.Sign(step.Partner, signlink.Page(step.Name), p.Pages[step.Name], said(v, is, step), v.Now().Add(time.Duration(step.Limit)*time.Second+linkWithin))
	if err != nil {
		slog.ErrorContext(v.Context(), "no link to a page can be signed", "partner", p.Name, "step", step.Name, "error", err.Error())
		return "", "there is no key of the system", nil
	}
	return address, "", nil
}

// said is what the link to a page says: ids, what is bought, and where to return to.
func said(v *web.Visit, is signup.Signup, step signup.Step) map[string]string {
	params := map[string]string{"client": string(is.Tenant), "signup": string(is.ID), "plan": string(is.Plan.ItemID), "country": is.Country,
		"amount": strconv.FormatInt(is.Plan.Price.Minor, 10), "currency": is.Plan.Price.Currency, "return": at(v, is.ID, "return", step.Name)}
	if is.Customer != "" {
		params["customer"] = string(is.Customer)
	}
	if is.Profile != "" {
		params["profile"] = string(is.Profile)
	}
	if n := len(is.Refused); n > 0 && step.Name == signup.PaymentProfile {
		params["refused"] = string(is.Refused[n-1])
	}
	return params
}
