package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"turnup/internal/base/event"
	"turnup/internal/base/id"
	"turnup/internal/domain/timer"
	outgoing "turnup/internal/domain/webhook"
	"turnup/internal/journey"
	"turnup/internal/rig"
)

const (
	teller    = "on-webhooks"    // the function that tells partners
	toPartner = "POST /partner/" // and how its calls to them begin
)

// telling are the calls that have to do with one delivery. What asks for endpoints fails in the card purchase.
var telling = []string{teller + " DynamoDB.GetItem", teller + " DynamoDB.TransactWriteItems", teller + " " + toPartner + "paid"}

// The journeys of a partner who is told of a purchase. Each call fails in each way, the partner's answer too …
var (
	Told = Journey{Name: "webhook", From: "check out", Only: telling, Modes: slices.DeleteFunc(slices.Clone(Modes), func(m Mode) bool { return m == Rival }), Steps: partnered()}
	// … or the partner failed, and the way back from that fails …
	ToldAgain = Journey{Name: "webhook tried again", From: "check out", Only: telling, Given: []Fault{{Point{teller, toPartner + "paid", 1}, After}}, Steps: partnered()}
	// … or the partner is away for three days, and the last try fails.
	ToldInVain = Journey{Name: "webhook given up", From: "let three days pass", Only: telling, Steps: slices.Insert(append(partnered(), Step{"let three days pass", threeDaysPass}), 1,
		Step{"have the partner away", func(_ context.Context, s *Shopper) error { s.world.partner.stands(true); return nil }})}
)

// partnered is S0 with a partner who wants to be told of it.
func partnered() []Step {
	return []Step{{"have a partner", havePartner}, {"register", register}, {"enter a card", enterCard(cardSetup)}, {"fill a cart", fillCart}, {"check out", checkOut}}
}

// wants are the endpoints of the partner, by their paths: one is for what a purchase leads to, one for what it does not.
var wants = map[string][]event.Type{toPartner + "paid": {event.TypeOrderPaid}, toPartner + "tickets": {event.TypeTicketOpened}}

// mostTries is how often a message is sent.
const mostTries = 10

// partner is the system of a partner, with what stands before it.
type partner struct {
	at, door *httptest.Server

	mu        sync.Mutex
	endpoints map[string]endpoint // by path
	away      bool
	came      []Arrival
}

type endpoint struct{ EndpointID, Secret string }

// Arrival is a message that came to the partner.
type Arrival struct {
	Path, ID, Body string
	Genuine, Taken bool // signed as it should be; answered well
}

// openPartner opens it. What is sent to it is a call of the function that sends it, or of its twin.
func (w *World) openPartner() (err error) {
	w.partner = &partner{}
	w.partner.forget()
	w.partner.at = httptest.NewServer(w.partner)
	w.partner.door, err = rig.Proxy(w.partner.at.URL, false, func(out http.ResponseWriter, c rig.Call, forward rig.Forward) {
		w.mu.Lock()
		r := w.twins[teller]
		w.mu.Unlock()
		if r == nil || r.handling.Load() == nil { // while the twin is at work the other waits
			r = w.runners[teller]
		}
		r.between(out, c, forward)
	})
	return err
}

// forget makes it as it was at first.
func (p *partner) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endpoints, p.away, p.came = map[string]endpoint{}, false, nil
}

func (p *partner) stands(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

func (p *partner) all() []Arrival {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.came)
}

func (p *partner) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m := Arrival{Path: r.Method + " " + r.URL.Path, ID: r.Header.Get(standard.HeaderWebhookID), Body: string(body), Taken: !p.away}
	if by, err := standard.NewWebhook(p.endpoints[m.Path].Secret); err == nil {
		m.Genuine = by.Verify(body, r.Header) == nil
	}
	p.came = append(p.came, m)
	if p.away {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// havePartner has staff set the partner's endpoints up, or enable those that are there.
func havePartner(ctx context.Context, s *Shopper) error {
	desk, err := s.world.staff(ctx)
	if err != nil {
		return err
	}
	p := s.world.partner
	p.stands(false)
	for _, path := range slices.Sorted(maps.Keys(wants)) {
		terms := map[string]any{"url": p.door.URL + path[len("POST "):], "eventTypes": wants[path], "enabled": true, "description": "chaos"}
		is, there := p.endpoints[path]
		var a journey.Answer
		if there {
			a, err = desk.Put(ctx, "/admin/webhook-endpoints/"+is.EndpointID, terms)
		} else {
			a, err = desk.Post(ctx, "/admin/webhook-endpoints", journey.Key(), terms)
		}
		if err == nil && a.Status >= http.StatusBadRequest {
			err = fmt.Errorf("%d %s", a.Status, a.Raw)
		}
		if err == nil && !there {
			err = a.Into(&is)
			p.mu.Lock()
			p.endpoints[path] = is
			p.mu.Unlock()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// threeDaysPass lets all tries but the last have been made, and the last be due.
func threeDaysPass(ctx context.Context, s *Shopper) error {
	err := s.world.dueDeliveries(ctx, ", #of.#tries = :tries", map[string]string{"#tries": "Tries"}, item{":tries": &types.AttributeValueMemberN{Value: strconv.Itoa(mostTries - 1)}})
	if err == nil {
		err = s.world.rewrite(ctx, "timers", "SET #at = :now", "#k = :webhook", map[string]string{"#at": "at", "#k": "Kind"},
			item{":now": sortable(time.Now()), ":webhook": &types.AttributeValueMemberS{Value: string(timer.Webhook)}})
	}
	if err == nil {
		err = s.world.settle(ctx, false)
	}
	return err
}

// dueDeliveries lets what is to be sent to partners again be due, and changes it.
func (w *World) dueDeliveries(ctx context.Context, set string, names map[string]string, values item) error {
	called := map[string]string{"#of": "of", "#next": "Next", "#state": "state"}
	given := item{":past": sortable(time.Now().Add(-time.Second)), ":waiting": &types.AttributeValueMemberS{Value: string(outgoing.Waiting)}}
	maps.Copy(called, names)
	maps.Copy(given, values)
	return w.rewrite(ctx, "webhooks", "SET #of.#next = :past"+set, "#state = :waiting AND #of.#next > :past", called, given)
}

// told checks that partners are told of what they asked for, and of nothing else, and that what became of it is known.
func told(b *Books) []string {
	var out findings
	announced, asked, bodies := map[string]event.Type{}, map[string][]event.Type{}, map[string]string{}
	for _, e := range b.Events {
		announced[string(e.ID)] = e.Type
	}
	for _, e := range b.Endpoints {
		path := pathOf(e)
		asked[path] = e.Terms.Types
		failed, disabled := 0, len(b.announced(event.TypeWebhookEndpointDisabled, string(e.ID)))
		for _, ev := range b.Events {
			if !slices.Contains(e.Terms.Types, ev.Type) || ev.Time.Before(e.CreatedAt) {
				continue
			}
			d, came, taken := b.Deliveries[delivery{e.ID, ev.ID}], 0, 0
			for _, m := range b.Told {
				if m.Path == path && m.ID == string(ev.ID) {
					came++
					if m.Taken {
						taken++
					}
				}
			}
			switch {
			case d.State == outgoing.Delivered && taken > 0:
			case d.State == outgoing.Failed && d.Tries == mostTries && came > 0 && taken == 0:
				failed++
			case d.State == outgoing.Held && came == 0 && disabled > 0: // of a purchase before staff enabled it again
			default:
				out.add("%s (%s) came %d times to %s, which took it %d times; its delivery is %q after %d tries", ev.ID, ev.Type, came, path, taken, d.State, d.Tries)
			}
		}
		if disabled != failed {
			out.add("of %s %d messages were given up, and it was disabled %d times", path, failed, disabled)
		}
	}
	for _, m := range b.Told {
		var said struct{ Type event.Type }
		err := json.Unmarshal([]byte(m.Body), &said)
		if is := announced[m.ID]; err != nil || said.Type != is || !slices.Contains(asked[m.Path], is) || !m.Genuine {
			out.add("%s was told %s (genuine: %t) of %s: %s", m.Path, m.ID, m.Genuine, is, m.Body)
		}
		if other, twice := bodies[m.ID]; twice && other != m.Body {
			out.add("%s was told as %s, and as %s", m.ID, other, m.Body)
		}
		bodies[m.ID] = m.Body
	}
	return out
}

// delivery names the delivery of an event to an endpoint.
type delivery struct {
	Endpoint id.Endpoint
	Message  id.Event
}

// pathOf is where messages come to an endpoint, as calls to it are named.
func pathOf(e outgoing.Endpoint) string {
	u, err := url.Parse(e.Terms.URL)
	if err != nil {
		return e.Terms.URL
	}
	return http.MethodPost + " " + u.Path
}
