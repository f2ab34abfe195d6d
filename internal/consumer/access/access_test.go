package access_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/consumer/access"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// network has accounts with their sessions, and NASes that do what they are told or fail, by session.
type network struct {
	accounts map[string]subscriber.Account
	live     map[string]subscriber.Live
	asked    []string
	fails    map[string]error
	gone     map[string]bool  // accounts that end while a NAS is asked
	broken   map[string]error // of changing an account's use
}

// ada is online with two sessions, and had a third.
func ada() *network {
	return &network{accounts: map[string]subscriber.Account{"ada": {Tenant: "demo", Username: "ada", DownKbps: 300000, UpKbps: 150000}},
		live: map[string]subscriber.Live{"ada": {Username: "ada", Version: 1, Sessions: []subscriber.Session{
			{UniqueID: "a", NAS: "bng1", Began: noon}, {UniqueID: "b", NAS: "bng2", Began: noon}, {UniqueID: "c", NAS: "bng1", Began: noon.Add(-time.Hour), Ended: noon}}}},
		fails: map[string]error{}, gone: map[string]bool{}, broken: map[string]error{}}
}

func (n *network) SubscriberLive(_ context.Context, tenant id.Tenant, username string) (subscriber.Account, subscriber.Live, error) {
	a, known := n.accounts[username]
	if !known || tenant != "demo" {
		return a, subscriber.Live{}, subscriber.ErrUnknown
	}
	return a, n.live[username], nil
}

func (n *network) ChangeLive(ctx context.Context, tenant id.Tenant, username string, decide func(subscriber.Account, subscriber.Live) (subscriber.Live, []event.Envelope, error)) error {
	if err := n.broken[username]; err != nil {
		return err
	}
	a, was, err := n.SubscriberLive(ctx, tenant, username)
	if err != nil {
		return err
	}
	is, events, err := decide(a, was)
	if err == nil && is.Version != was.Version {
		n.live[username] = is
	}
	if len(events) > 0 {
		return errors.New("nothing is to be told")
	}
	return err
}

// OnlineAt gives one account a page.
func (n *network) OnlineAt(_ context.Context, _ id.Tenant, nas, after string) ([]string, string, error) {
	for _, username := range slices.Sorted(maps.Keys(n.live)) {
		if username > after && slices.ContainsFunc(n.live[username].Sessions, func(s subscriber.Session) bool { return s.NAS == nas && s.Open() }) {
			return []string{username}, username, nil
		}
	}
	return nil, "", nil
}

func (n *network) nas(what, username string, s subscriber.Session) error {
	n.asked = append(n.asked, what+" "+s.UniqueID)
	if n.gone[username] {
		delete(n.accounts, username)
	}
	return n.fails[s.UniqueID]
}

func (n *network) Disconnect(_ context.Context, username string, s subscriber.Session) (string, error) {
	return "acked", n.nas("disconnect", username, s)
}

func (n *network) ChangeSpeed(_ context.Context, username string, s subscriber.Session, down, up int64) error {
	return n.nas(fmt.Sprint("speed ", down, "/", up), username, s)
}

func (n *network) handle(t *testing.T, data event.Data) error {
	t.Helper()
	return access.Consumer{Store: n, NAS: n, Clock: clock.At(noon.Add(time.Hour))}.Handle(t.Context(), event.New(t.Context(), "demo", noon, data))
}

// bar bars ada.
func (n *network) bar() *network {
	a := n.accounts["ada"]
	a.Barred = "non_payment"
	n.accounts["ada"] = a
	return n
}

func (n *network) sessions() string {
	words := []string{}
	for _, s := range n.live["ada"].Sessions {
		word := s.UniqueID + ":" + s.Asked
		if !s.Open() {
			word = s.UniqueID + " ended:" + s.Why
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

// S3-52, S3-120: every open session of an account that is barred is ended, and how is recorded.
func TestBarred(t *testing.T) {
	n := ada().bar()
	if err := n.handle(t, event.AccessChanged{Username: "ada", Barred: "non_payment"}); err != nil {
		t.Fatal(err)
	}
	same(t, "asked", []any{n.asked, n.sessions()}, []any{"[disconnect a disconnect b]", "a ended:acked, b ended:acked, c ended:"})
	same(t, "ended", n.live["ada"].Sessions[0].Ended, noon.Add(time.Hour))
	if err := n.handle(t, event.AccessChanged{Username: "ada", Barred: "non_payment"}); err != nil || len(n.asked) != 2 {
		t.Errorf("told again: %v, %v", err, n.asked)
	}
}

// S3-37, S3-118: every open session of an account that is not barred gets its speed.
func TestSpeed(t *testing.T) {
	n := ada()
	if err := n.handle(t, event.AccessChanged{Username: "ada", DownKbps: 300000, UpKbps: 150000}); err != nil {
		t.Fatal(err)
	}
	same(t, "asked", []any{n.asked, n.sessions()}, []any{"[speed 300000/150000 a speed 300000/150000 b]", "a:speed changed, b:speed changed, c ended:"})
}

// S3-94: what counts is how the account is now, not what an event says that is late: who was let in again is not thrown out, and who was
// barred since is not sped up. An account that has ended has no sessions to end.
func TestOldEvents(t *testing.T) {
	n := ada()
	_ = n.handle(t, event.AccessChanged{Username: "ada", Barred: "non_payment", DownKbps: 1, UpKbps: 1})
	same(t, "asked", n.asked, "[speed 300000/150000 a speed 300000/150000 b]")
	n = ada().bar()
	_ = n.handle(t, event.AccessChanged{Username: "ada", DownKbps: 1, UpKbps: 1})
	same(t, "asked", n.asked, "[disconnect a disconnect b]")
	if err := n.handle(t, event.AccessChanged{Username: "bob", Barred: "not_in_service"}); err != nil {
		t.Error(err)
	}
}

// S3-120: a session that cannot be ended does not keep the others; what came of it is recorded, and it is tried again, also when another
// one cannot be ended for good. NAK, time-out and a NAS that is not known are told apart.
func TestOneFails(t *testing.T) {
	silent, unlisted := provisioning.ErrUnanswered.With("system", "nas bng1"), provisioning.ErrRefused.With("system", "radius")
	for _, k := range []struct {
		a, b     error
		again    bool
		sessions string
	}{
		{silent, nil, true, "a:network_unanswered, b ended:acked, c ended:"}, {nil, silent, true, "a ended:acked, b:network_unanswered, c ended:"},
		{unlisted, nil, false, "a:network_refused, b ended:acked, c ended:"}, {unlisted, silent, true, "a:network_refused, b:network_unanswered, c ended:"},
		{silent, unlisted, true, "a:network_unanswered, b:network_refused, c ended:"}, {unlisted, unlisted, false, "a:network_refused, b:network_refused, c ended:"},
	} {
		n := ada().bar()
		n.fails["a"], n.fails["b"] = k.a, k.b
		err := n.handle(t, event.AccessChanged{Username: "ada", Barred: "non_payment"})
		if err == nil || fault.Transient(err) != k.again || k.a != nil && !errors.Is(err, k.a) || k.b != nil && !errors.Is(err, k.b) {
			t.Errorf("%v, %v: %v", k.a, k.b, err)
		}
		same(t, "sessions", n.sessions(), k.sessions)
		n.fails, n.asked = map[string]error{}, nil
		if err := n.handle(t, event.AccessChanged{Username: "ada", Barred: "non_payment"}); err != nil || strings.Contains(n.sessions(), "network") || slices.Contains(n.asked, "disconnect b") != (k.b != nil) {
			t.Errorf("tried again: %v, %v, %s", err, n.asked, n.sessions())
		}
	}
	n := ada()
	n.fails["a"] = silent
	if err := n.handle(t, event.AccessChanged{Username: "ada"}); !errors.Is(err, silent) || n.sessions() != "a:network_unanswered, b:speed changed, c ended:" {
		t.Errorf("a speed: %v, %s", err, n.sessions())
	}
	n = ada().bar()
	n.broken["ada"] = fault.ErrUnavailable
	if err := n.handle(t, event.AccessChanged{Username: "ada"}); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("what was not recorded is forgotten: %v", err)
	}
}

// An account that ends while its NAS is asked is no failure: whatever ran on it has ended.
func TestAccountEndsMeanwhile(t *testing.T) {
	n := ada().bar()
	n.gone["ada"] = true
	if err := n.handle(t, event.AccessChanged{Username: "ada"}); err != nil || len(n.asked) != 2 {
		t.Errorf("%v, %v", err, n.asked)
	}
}

// S3-119: the sessions of a NAS that began anew are over, of all who were online there, page by page; those that began since, and those
// at other NASes, are not. Nobody is asked.
func TestNASRestarted(t *testing.T) {
	n := ada()
	at := noon.Add(time.Minute)
	for i := range 5 {
		name := fmt.Sprint("user", i)
		n.accounts[name] = subscriber.Account{Tenant: "demo", Username: name}
		n.live[name] = subscriber.Live{Username: name, Version: 1, Sessions: []subscriber.Session{{UniqueID: "x", NAS: "bng1", Began: at.Add(time.Duration(i-3) * time.Second)}}}
	}
	delete(n.accounts, "user0") // it has ended
	if err := n.handle(t, event.NASRestarted{NAS: "bng1", At: at}); err != nil {
		t.Fatal(err)
	}
	same(t, "ada", []any{n.sessions(), n.asked}, []any{"a ended:NAS restarted, b:, c ended:", "[]"})
	for i, open := range []int{1, 0, 0, 1, 1} {
		same(t, fmt.Sprint("user", i), n.live[fmt.Sprint("user", i)].Online(), open)
	}
	n = ada()
	n.broken["ada"] = fault.ErrUnavailable
	if err := n.handle(t, event.NASRestarted{NAS: "bng1", At: at}); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("a NAS whose sessions stay is forgotten: %v", err)
	}
	if err := n.handle(t, event.OrderDelivered{}); err == nil || fault.Transient(err) {
		t.Errorf("an event of another queue: %v", err)
	}
}
