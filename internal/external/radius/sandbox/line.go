package sandbox

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// line is a subscriber's router: it dials, and dials again whenever it has no session.
type line struct {
	user, password, port string

	ctx    context.Context // ends when the router is switched off
	hangUp context.CancelFunc
	outbox chan *report
	first  chan error // outcome of the first dial

	session  *session
	up, down uint64 // bytes per second
	told     told
	ended    []Session
}

// told counts what came of the dials.
type told struct {
	Accepted   int    `json:"accepted"`
	Refused    int    `json:"refused"`
	Unanswered int    `json:"unanswered"` // FreeRADIUS said nothing: the hook failed
	Last       string `json:"last,omitempty"`
}

// session is an open session.
type session struct {
	Session
	began, metered time.Time
	interim        time.Duration
	end            chan string // terminate cause; empty: nothing is reported
}

// Session is what there is to see of a session.
type Session struct {
	ID         string              `json:"id"`
	UniqueID   string              `json:"uniqueId"`
	FramedIP   string              `json:"framedIp"`
	Prefix6    string              `json:"prefix6,omitempty"`
	Class      string              `json:"class,omitempty"`
	Began      string              `json:"began"`
	UpBytes    uint64              `json:"upBytes"`
	DownBytes  uint64              `json:"downBytes"`
	UpKbps     int64               `json:"upKbps"`
	DownKbps   int64               `json:"downKbps"`
	Attributes map[string][]string `json:"attributes"` // of the accept, and of CoA requests since
	Terminated string              `json:"terminated,omitempty"`
}

// ErrRefused is the outcome of a dial that was answered by a reject, ErrUnanswered of one that was not answered.
var (
	ErrRefused    = errors.New("the dial was refused")
	ErrUnanswered = errors.New("the dial was not answered")
)

// Dial switches a subscriber's router on and gives the outcome of its first dial, but it goes on dialling whatever that is. A router
// that is on already is switched off before.
func (b *BNG) Dial(user, password, port string) error {
	select {
	case err := <-b.SwitchOn(user, password, port):
		return err
	case <-b.ctx.Done():
		return b.ctx.Err()
	}
}

// SwitchOn is Dial without waiting: the outcome of the first dial comes later.
func (b *BNG) SwitchOn(user, password, port string) <-chan error {
	b.Hangup(user)
	l := &line{user: user, password: password, port: port, outbox: make(chan *report, 256), first: make(chan error, 1)}
	l.ctx, l.hangUp = context.WithCancel(b.ctx)
	b.mu.Lock()
	b.lines[user] = l
	b.mu.Unlock()
	b.work.Go(func() { b.run(l) })
	b.work.Go(func() { b.sendAll(l) })
	return l.first
}

// Hangup switches a subscriber's router off; its session ends with User-Request.
func (b *BNG) Hangup(user string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.lines[user]; l != nil {
		b.terminate(l, "User-Request")
		l.hangUp()
		delete(b.lines, user)
	}
}

// Rate lets traffic flow through a line from now on, in bytes per second.
func (b *BNG) Rate(user string, up, down uint64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lines[user]
	if l == nil {
		return errors.New("there is no such line")
	}
	l.meter()
	l.up, l.down = up, down
	return nil
}

// Traffic adds bytes to a session at once and reports them; it returns when the report was taken.
func (b *BNG) Traffic(ctx context.Context, user string, up, down uint64) error {
	b.mu.Lock()
	l := b.lines[user]
	if l == nil || l.session == nil {
		b.mu.Unlock()
		return errors.New("there is no open session")
	}
	l.session.UpBytes += up
	l.session.DownBytes += down
	r := b.report(l, l.session, "Interim-Update", "")
	b.mu.Unlock()
	select {
	case <-r.taken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Restart loses all sessions without a word about them and reports that the BNG is on. The routers dial again.
func (b *BNG) Restart() {
	b.mu.Lock()
	for _, l := range b.lines {
		b.terminate(l, "")
	}
	b.mu.Unlock()
	b.work.Go(func() {
		b.deliver(&report{body: b.nasReport("Accounting-On"), status: "Accounting-On", taken: make(chan struct{})})
	})
}

// Reset forgets lines and sessions without a word.
func (b *BNG) Reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.lines {
		b.terminate(l, "")
		l.hangUp()
	}
	clear(b.lines)
	b.faults, b.requests = nil, nil
}

// run dials and serves until the router is switched off.
func (b *BNG) run(l *line) {
	defer close(l.outbox)
	for {
		s, err := b.dial(l)
		select {
		case l.first <- err:
		default:
		}
		if s != nil {
			b.serve(l, s)
		}
		if !pause(l.ctx, b.o.Redial) {
			return
		}
	}
}

// serve reports a session until it ends.
func (b *BNG) serve(l *line, s *session) {
	each := time.NewTicker(s.interim)
	defer each.Stop()
	for {
		select {
		case <-b.ctx.Done():
			b.mu.Lock()
			l.session = nil
			b.mu.Unlock()
			return
		case cause := <-s.end:
			if cause != "" {
				b.mu.Lock()
				b.report(l, s, "Stop", cause)
				b.mu.Unlock()
			}
			return
		case <-each.C:
			b.mu.Lock()
			if l.session == s {
				l.meter()
				b.report(l, s, "Interim-Update", "")
			}
			b.mu.Unlock()
		}
	}
}

// terminate ends a line's session. The lock is held.
func (b *BNG) terminate(l *line, cause string) {
	s := l.session
	if s == nil {
		return
	}
	l.meter()
	l.session = nil
	s.Terminated = cause
	if cause == "" {
		s.Terminated = "lost"
	}
	l.ended = append(l.ended, s.Session)
	s.end <- cause
}

// meter adds what flowed since the last time. The lock is held.
func (l *line) meter() {
	s := l.session
	if s == nil {
		return
	}
	now := time.Now()
	passed := now.Sub(s.metered).Seconds()
	s.UpBytes += uint64(passed * float64(l.up))
	s.DownBytes += uint64(passed * float64(l.down))
	s.metered = now
}

// open begins a session with what the accept gave.
func (b *BNG) open(l *line, reply map[string][]string) *session {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l.ctx.Err() != nil { // switched off meanwhile
		return nil
	}
	b.sessions++
	now := time.Now().UTC()
	s := &session{began: now, metered: now, interim: b.o.Interim, end: make(chan string, 1)}
	s.Session = Session{ID: fmt.Sprintf("%08X", b.sessions), Class: first(reply["Class"]), FramedIP: first(reply["Framed-IP-Address"]),
		Prefix6: first(reply["Delegated-IPv6-Prefix"]), Began: now.Format(time.RFC3339Nano), Attributes: maps.Clone(reply)}
	s.UniqueID = fmt.Sprintf("%x", md5.Sum([]byte(l.user+","+s.ID+","+nasIP+","+b.o.NASIdentifier+","+l.port+",")))
	if s.FramedIP == "" { // from a pool of the BNG's own
		s.FramedIP = fmt.Sprintf("100.127.%d.%d", byte(b.sessions>>8), byte(b.sessions))
	}
	if s.interim == 0 {
		s.interim = or(seconds(first(reply["Acct-Interim-Interval"])), time.Minute)
	}
	s.take(reply)
	l.session = s
	b.report(l, s, "Start", "")
	return s
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// users lists the lines. The lock is held.
func (b *BNG) users() []string { return slices.Sorted(maps.Keys(b.lines)) }
