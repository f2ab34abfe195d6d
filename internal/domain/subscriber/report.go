package subscriber

import (
	"context"
	"slices"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
)

// Kind of report.
type Kind string

// The kinds of report about a session (RFC 2866, 5.1).
const (
	Start   Kind = "start"
	Interim Kind = "interim"
	Stop    Kind = "stop"
)

// Report is what a NAS tells of a session. It may come twice, late and in any order (RFC 2866, 2).
type Report struct {
	Kind     Kind
	UniqueID string
	ID       string
	NAS      string
	Address  string
	Up       int64         // bytes, gigawords included
	Down     int64         // bytes
	Lasted   time.Duration // Acct-Session-Time
	Why      string        // Acct-Terminate-Cause
	At       time.Time     // Event-Timestamp, or when it came
}

// remembered is how many sessions that ended are kept, so that what is told of them again is known to be told again.
const remembered = 20

// revives is how long after we thought that a session had ended a report of it shows that it has not.
const revives = 30 * time.Second

// shares of the volume that are told of, percent.
var shares = []int{80, 100}

// Record is what is known after a report: the same report again changes nothing (changed is false). Counters only grow: what is lower
// came late. The first share reached, and the end of a session of a barred account that goes on, are told by the events.
func (a Account) Record(ctx context.Context, was Live, r Report, now time.Time) (is Live, events []event.Envelope, changed bool) {
	day := min(civil.On(r.At, time.UTC), civil.On(now, time.UTC)) // a NAS whose clock is ahead does not begin a day that has not begun
	is = was.turned(a, day)
	i := slices.IndexFunc(is.Sessions, func(s Session) bool { return s.UniqueID == r.UniqueID })
	var s Session
	if i >= 0 {
		s = is.Sessions[i]
	} else {
		s = Session{UniqueID: r.UniqueID, ID: r.ID, NAS: r.NAS, Address: r.Address, Began: r.At.Add(-r.Lasted)}
	}
	next, grew := s.told(r)
	if i >= 0 && (next == s || a.Barred == "" && next.repeats(s)) {
		return was, nil, false
	}
	is.Sessions = slices.Clone(is.Sessions)
	if i >= 0 {
		is.Sessions[i] = next
	} else {
		is.Sessions = append(is.Sessions, next)
	}
	is.forget(r.UniqueID)
	is.count(day, grew)
	is.Version = was.Version + 1
	events = is.reached(ctx, a, now)
	if a.Barred != "" && next.Open() {
		events = append(events, event.New(ctx, a.Tenant, now, event.AccessChanged{ServiceID: a.Service, CustomerID: a.Customer, Username: a.Username, Barred: a.Barred,
			DownKbps: a.DownKbps, UpKbps: a.UpKbps}))
	}
	return is, events, true
}

// soon is how much later a report may come that tells nothing new and is not worth a write.
const soon = time.Minute

// repeats tells whether nothing is new but that the session was seen a little later: the same report again, of a NAS that gives no times.
func (s Session) repeats(was Session) bool {
	later := s.Seen.Sub(was.Seen)
	s.Seen = was.Seen
	return s == was && later < soon
}

// told is the session after a report, and by how much its volume grew.
func (s Session) told(r Report) (Session, Volume) {
	if s.Stopped {
		return s, Volume{}
	}
	grew := Volume{Up: max(0, r.Up-s.Up), Down: max(0, r.Down-s.Down)}
	s.Up, s.Down = s.Up+grew.Up, s.Down+grew.Down
	if began := r.At.Add(-r.Lasted); began.Before(s.Began) {
		s.Began = began
	}
	if r.At.After(s.Seen) {
		s.Seen = r.At
	}
	if r.Address != "" {
		s.Address = r.Address
	}
	switch {
	case r.Kind == Stop:
		s.Ended, s.Why, s.Stopped = r.At, r.Why, true
	case !s.Open() && r.At.Sub(s.Ended) > revives:
		s.Ended, s.Why = time.Time{}, ""
	}
	return s, grew
}

// turned is the row in the period of a day. What is told late of a period that is over counts in the present one.
func (l Live) turned(a Account, day civil.Date) Live {
	if l.Until != "" && day < l.Until {
		return l
	}
	anchor := a.Anchor
	if anchor == "" {
		anchor = day
	}
	l.Tenant, l.Username = a.Tenant, a.Username
	l.From, l.Until = civil.Month(anchor, day)
	l.Used, l.Days, l.Told = Volume{}, nil, nil
	return l
}

func (l *Live) count(day civil.Date, v Volume) {
	if v == (Volume{}) {
		return
	}
	if day < l.From {
		day = l.From
	}
	days := make(map[civil.Date]Volume, len(l.Days)+1)
	for d, was := range l.Days {
		days[d] = was
	}
	days[day] = Volume{days[day].Up + v.Up, days[day].Down + v.Down}
	l.Days, l.Used = days, Volume{l.Used.Up + v.Up, l.Used.Down + v.Down}
}

// reached tells of the shares of the volume that are used up now, each once a period (S3-44).
func (l *Live) reached(ctx context.Context, a Account, now time.Time) (events []event.Envelope) {
	for _, share := range shares {
		used := l.Used.Up + l.Used.Down
		if a.CapBytes == 0 || used < a.CapBytes/100*int64(share) || slices.Contains(l.Told, share) {
			continue
		}
		l.Told = append(slices.Clone(l.Told), share)
		events = append(events, event.New(ctx, a.Tenant, now, event.UsageReached{ServiceID: a.Service, SubscriptionID: a.Subscription, CustomerID: a.Customer, Percent: share,
			UsedBytes: used, CapBytes: a.CapBytes, From: string(l.From), Until: string(l.Until)}))
	}
	return events
}

// forget drops the oldest of the sessions that ended, but for the one that was just told of: it may be told of again.
func (l *Live) forget(told string) {
	ended := 0
	for _, s := range l.Sessions {
		if !s.Open() {
			ended++
		}
	}
	for ended > remembered {
		oldest := -1
		for i, s := range l.Sessions {
			if !s.Open() && s.UniqueID != told && (oldest < 0 || s.Ended.Before(l.Sessions[oldest].Ended)) {
				oldest = i
			}
		}
		l.Sessions = slices.Delete(l.Sessions, oldest, oldest+1)
		ended--
	}
}

// End is the row after those sessions are over that a test picks, without the NAS's word for it.
func (l Live) End(which func(Session) bool, why string, at time.Time) (next Live, changed bool) {
	next = l
	next.Sessions = slices.Clone(l.Sessions)
	for i, s := range next.Sessions {
		if s.Open() && which(s) {
			s.Ended, s.Why, changed = at, why, true
			next.Sessions[i] = s
		}
	}
	if changed {
		next.Version++
		next.forget("")
	}
	return next, changed
}

// NAS is the one that serves the account now; empty when nobody is online.
func (l Live) NAS() string {
	nas, seen := "", time.Time{}
	for _, s := range l.Sessions {
		if s.Open() && !s.Seen.Before(seen) {
			nas, seen = s.NAS, s.Seen
		}
	}
	return nas
}

// Message is what a NAS asks or tells.
type Message struct {
	Username string
	NAS      string // NAS-Identifier, else its address
	Restart  bool   // Accounting-On or -Off: all its sessions are over
	Report   Report // of a session
}

// At is what was used in the period of a moment, and the period before it when nothing has been told since it ended (nil otherwise).
func (l Live) At(anchor civil.Date, now time.Time) (present Period, over *Period) {
	today := civil.On(now, time.UTC)
	kept := Period{From: l.From, Until: l.Until, Used: l.Used, Days: l.Days}
	if l.Until != "" && today < l.Until {
		return kept, nil
	}
	if anchor == "" {
		anchor = today
	}
	present.From, present.Until = civil.Month(anchor, today)
	if l.Until != "" {
		over = &kept
	}
	return present, over
}
