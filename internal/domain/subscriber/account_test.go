package subscriber_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/domain/subscriber"
)

// three are sessions at two NASes, one of them over.
func three() subscriber.Live {
	return subscriber.Live{Version: 7, Sessions: []subscriber.Session{
		{UniqueID: "a", NAS: "bng1", Began: noon, Seen: noon.Add(time.Minute)},
		{UniqueID: "b", NAS: "bng2", Began: noon.Add(time.Hour), Seen: noon.Add(2 * time.Hour)},
		{UniqueID: "c", NAS: "bng3", Began: noon, Seen: noon.Add(9 * time.Hour), Ended: noon.Add(9 * time.Hour), Why: "User-Request"},
	}}
}

// Ending picks among the open ones, says why, and counts a version when it ended any.
func TestEnd(t *testing.T) {
	l := three()
	next, changed := l.End(func(s subscriber.Session) bool { return s.NAS != "bng2" }, "NAS restarted", noon.Add(3*time.Hour))
	same(t, "ended", []any{changed, next.Version, next.Online(), next.Sessions[0].Ended, next.Sessions[0].Why, next.Sessions[0].Stopped, next.Sessions[2].Why}, []any{true, 8, 1, noon.Add(3 * time.Hour), "NAS restarted", false, "User-Request"})
	same(t, "what it was made of", l, three())
	for name, which := range map[string]func(subscriber.Session) bool{"none": func(subscriber.Session) bool { return false }, "one that is over": func(s subscriber.Session) bool { return s.UniqueID == "c" }} {
		if next, changed := l.End(which, "x", noon); changed || next.Version != 7 {
			t.Errorf("%s: %v, %+v", name, changed, next)
		}
	}
}

// Online are the open sessions; the NAS is the one that told of one of them last.
func TestOnline(t *testing.T) {
	l := three()
	same(t, "online", []any{l.Online(), l.NAS()}, []any{2, "bng2"})
	l, _ = l.End(func(s subscriber.Session) bool { return s.UniqueID == "b" }, "x", noon)
	same(t, "one is left", []any{l.Online(), l.NAS()}, []any{1, "bng1"})
	l, _ = l.End(func(subscriber.Session) bool { return true }, "x", noon)
	same(t, "none is left", []any{l.Online(), l.NAS()}, []any{0, ""})
}

// S3-120: what came of asking the NAS is noted with its session, once.
func TestNoted(t *testing.T) {
	l := three()
	next := l.Noted("b", "nas_unanswered")
	same(t, "noted", []any{next.Sessions[1].Asked, next.Version, l.Sessions[1].Asked}, []any{"nas_unanswered", 8, ""})
	same(t, "again", next.Noted("b", "nas_unanswered").Version, 8)
	same(t, "of another session", l.Noted("d", "x").Version, 7)
	for want, k := range map[string]error{"speed changed": nil, "temporarily_unavailable": fmt.Errorf("w: %w", fault.ErrUnavailable), "internal": errors.New("boom")} {
		same(t, "outcome", subscriber.Outcome(k, "speed changed"), want)
	}
}

// A subscriber who is not let in is told why, as far as it is theirs to know.
func TestReason(t *testing.T) {
	for barred, want := range map[string]string{"non_payment": "Account suspended: unpaid invoice", "staff": "Account suspended", "not_in_service": "Account not in service"} {
		same(t, barred, subscriber.Account{Barred: barred}.Reason(), want)
	}
}

// S3-43: what was used is read for the present period, whether or not anything was told in it; the one before is then over.
func TestAt(t *testing.T) {
	l := subscriber.Live{From: "2026-11-15", Until: "2026-12-15", Used: subscriber.Volume{Up: 5}}
	present, over := l.At("2026-10-15", time.Date(2026, 12, 14, 23, 59, 59, 0, time.UTC))
	same(t, "in it", []any{present.From, present.Used.Up, over}, []any{"2026-11-15", 5, "<nil>"})
	present, over = l.At("2026-10-15", time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC))
	same(t, "after it", []any{present.From, present.Until, present.Used.Up, over.From, over.Used.Up}, []any{"2026-12-15", "2027-01-15", 0, "2026-11-15", 5})
	present, over = subscriber.Live{}.At("", noon)
	same(t, "before there was any", []any{present.From, present.Until, over}, []any{"2026-11-02", "2026-12-02", "<nil>"})
}
