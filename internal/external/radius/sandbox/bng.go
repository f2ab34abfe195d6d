package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options say how a BNG runs.
type Options struct {
	Hook          string        // where rlm_rest calls, "http://127.0.0.1:3000/radius"; without one nothing is answered until Point
	Key           string        // goes with every call as x-api-key
	NASIdentifier string        // what the BNG calls itself
	Secret        string        // shared with whoever sends Disconnect and CoA requests; without one all are ignored until Point
	Listen        string        // UDP address for these; empty is a free port of loopback
	Interim       time.Duration // between interim reports; 0 is what the accept says, else a minute
	Redial        time.Duration // from a refusal or a lost session to the next dial; 0 is ten seconds
	Retransmit    time.Duration // from an accounting report that was not taken to its repetition; 0 is five seconds
}

// peer is who runs the hook.
type peer struct{ hook, key, secret string }

// The time limits of the configuration in ../freeradius.
const (
	connectWithin = 2 * time.Second
	answerWithin  = 4 * time.Second
)

// BNG is the sandbox. Its HTTP handler is the control API.
type BNG struct {
	o      Options
	conn   net.PacketConn
	client *http.Client
	mux    *http.ServeMux
	ctx    context.Context
	stop   context.CancelFunc
	work   sync.WaitGroup

	mu       sync.Mutex // guards what is below, and the lines
	at       peer
	lines    map[string]*line
	faults   []*Fault
	requests []Entry
	sessions uint32 // the last session's number
}

// New starts a BNG that listens for Disconnect and CoA requests; nobody dials yet.
func New(o Options) (*BNG, error) {
	if o.NASIdentifier == "" {
		return nil, errors.New("sandbox: NASIdentifier is needed")
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	o.Redial, o.Retransmit = or(o.Redial, 10*time.Second), or(o.Retransmit, 5*time.Second)
	conn, err := net.ListenPacket("udp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	b := &BNG{o: o, at: peer{o.Hook, o.Key, o.Secret}, conn: conn, lines: map[string]*line{}, sessions: uint32(time.Now().Unix())} // not the numbers of the run before
	b.client = &http.Client{Timeout: answerWithin, Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: connectWithin}).DialContext}}
	b.ctx, b.stop = context.WithCancel(context.Background())
	b.mux = b.routes()
	b.work.Go(b.listen)
	return b, nil
}

func or(d, byDefault time.Duration) time.Duration {
	if d == 0 {
		return byDefault
	}
	return d
}

// Point changes hook, key and secret. What was told before goes there too, as far as it was not taken.
func (b *BNG) Point(hook, key, secret string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = peer{hook, key, secret}
}

func (b *BNG) peer() peer {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

// Address is where Disconnect and CoA requests go.
func (b *BNG) Address() string { return b.conn.LocalAddr().String() }

// ServeHTTP is the control API.
func (b *BNG) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.mux.ServeHTTP(w, r) }

// Close ends everything as a power cut does: nothing is reported.
func (b *BNG) Close() error {
	b.stop()
	err := b.conn.Close()
	b.work.Wait()
	b.client.CloseIdleConnections()
	return err
}

// pause waits; it tells whether the line is still wanted.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
