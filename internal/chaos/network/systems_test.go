package network

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"turnup/internal/base/event"
	"turnup/internal/domain/subscriber"
	"turnup/internal/external/radius"
	bng "turnup/internal/external/radius/sandbox"
	"turnup/internal/rig"
)

// The systems, as faults of the domain name those of the network.
const (
	dynamo     = "dynamodb"
	inventory  = "netbox"
	core       = "voltha"
	controller = "voltha-go-controller"
	acs        = "genieacs"
	nas        = "nas"
	states     = "states" // which starts executions
)

// roads stands in for http.DefaultTransport, by which the adapters call.
type roads struct{ real http.RoundTripper }

// systemAt are the systems by the beginnings of the plant's paths.
var systemAt = map[string]string{"/netbox/": inventory, "/vgc/v1/": controller, "/genieacs/": acs}

// named are the parts of paths that differ from line to line.
var named = regexp.MustCompile(`/(\d+|[0-9a-f]{24}|BBSM[^/]*|202BC1[^/]*|(service|settings)-[^/]*)(/|$)`)

func (t roads) RoundTrip(r *http.Request) (*http.Response, error) {
	in, system, path := invocationOf(r.Context()), "", r.URL.EscapedPath()
	for prefix, name := range systemAt {
		if rest, is := strings.CutPrefix(path, prefix); is {
			system, path = name, "/"+rest
		}
	}
	if in == nil || system == "" {
		return t.real.RoundTrip(r)
	}
	call := r.Method + " " + named.ReplaceAllString(path, "/{id}$3")
	var answer *http.Response
	mode := in.wire.meet(in, system, call, r.Method != http.MethodGet)
	err := in.pass(r.Context(), mode, way{
		forward: func(ctx context.Context) (err error) { answer, err = t.real.RoundTrip(r.WithContext(ctx)); return err },
		refuse:  &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED},
		fail: func() error {
			answer = reply(r, http.StatusInternalServerError, `{"error":"made to fail"}`)
			return nil
		},
		lose: io.ErrUnexpectedEOF,
		lie:  func() error { answer = lieOf(r, system); return nil },
	})
	if err != nil && answer != nil {
		_ = answer.Body.Close()
		answer = nil
	}
	return answer, err
}

func reply(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// lieOf is the answer of a system that did what it was asked.
func lieOf(r *http.Request, system string) *http.Response {
	switch {
	case system == inventory && r.Method == http.MethodPost:
		return reply(r, http.StatusCreated, `{"id":1}`)
	case system == inventory && r.Method == http.MethodDelete:
		return reply(r, http.StatusNoContent, "")
	case system == controller && r.Method == http.MethodDelete && strings.Contains(r.URL.Path, "/subscribers/"):
		return reply(r, http.StatusAccepted, "")
	case system == acs && strings.HasSuffix(r.URL.Path, "/tasks") && r.URL.RawQuery == "":
		return reply(r, http.StatusAccepted, `{"_id":"0123456789abcdef01234567"}`)
	}
	return reply(r, http.StatusOK, "{}")
}

// onCore is the interceptor of the calls to VOLTHA's core.
func onCore(ctx context.Context, method string, req, out any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	in := invocationOf(ctx)
	if in == nil {
		return invoke(ctx, method, req, out, cc, opts...)
	}
	name := method[strings.LastIndex(method, "/")+1:]
	mode := in.wire.meet(in, core, name, name == "EnableDevice" || name == "DisableDevice")
	err := in.pass(ctx, mode, way{
		forward: func(ctx context.Context) error { return invoke(ctx, method, req, out, cc, opts...) },
		refuse:  status.Error(codes.Unavailable, "connection error: desc = refused"),
		fail:    func() error { return status.Error(codes.Internal, "made to fail") },
		lose:    status.Error(codes.Unavailable, "error reading from server: EOF"),
		lie:     func() error { return nil },
	})
	if errors.Is(err, context.DeadlineExceeded) {
		err = status.FromContextError(err).Err()
	}
	return err
}

// gates stands in for the HTTP client of the SDK. What a transaction announced is told.
type gates struct {
	real     aws.HTTPClient
	announce func(event.Batch)
}

// database makes a client of DynamoDB whose calls can go wrong. Pauses between the SDK's own tries are short.
func database(site *rig.Site, announce func(event.Batch)) *dynamodb.Client {
	cfg := site.AWS()
	cfg.HTTPClient = gates{cfg.HTTPClient, announce}
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = 5 * time.Millisecond })
	}
	return dynamodb.NewFromConfig(cfg)
}

func (g gates) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	_, call, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var answer *http.Response
	forward := func(ctx context.Context) (err error) {
		if answer, err = g.real.Do(r.WithContext(ctx)); err == nil && answer.StatusCode == http.StatusOK && call == "TransactWriteItems" {
			g.tell(body)
		}
		return err
	}
	in, mode := invocationOf(r.Context()), Mode("")
	if in == nil { // the test's own
		err := forward(r.Context())
		return answer, err
	}
	if tries := r.Header.Get("Amz-Sdk-Request"); tries == "" || strings.Contains(tries, "attempt=1;") {
		mode = in.wire.meet(in, dynamo, call, true)
	} else if in.dead.Load() {
		in.die()
	}
	err = in.pass(r.Context(), mode, way{
		forward: forward,
		fail: func() error {
			answer = reply(r, http.StatusNotImplemented, `{"__type":"InternalFailure","message":"made to fail"}`) // which the SDK does not repeat
			return nil
		},
		lose: io.ErrUnexpectedEOF, // which it does
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// tell reads what a transaction announced.
func (g gates) tell(body []byte) {
	var in struct {
		TransactItems []struct {
			Put struct {
				TableName string
				Item      struct {
					PK     struct{ S string } `json:"pk"`
					SK     struct{ S string } `json:"sk"`
					Events struct{ B []byte } `json:"events"`
				}
			}
		}
	}
	if json.Unmarshal(body, &in) != nil {
		return
	}
	for _, i := range in.TransactItems {
		if !strings.HasSuffix(i.Put.TableName, "-outbox") {
			continue
		}
		if b, err := event.ParseBatch(i.Put.Item.PK.S, i.Put.Item.SK.S, i.Put.Item.Events.B); err == nil {
			g.announce(b)
		}
	}
}

// fleet is the NAS with its adapter, over UDP. A fault is one of the BNG's own, for as long as the call takes.
type fleet struct {
	bng           *bng.BNG
	real, nowhere radius.Sessions
}

var bngModes = map[Mode]string{Hang: "hang", Fail: "nak", Lose: "lose", Lie: "lie"}

func (f fleet) call(ctx context.Context, name string, do func(radius.Sessions) error) error {
	in, to := invocationOf(ctx), f.real
	if in == nil {
		return do(to)
	}
	mode := in.wire.meet(in, nas, name, true)
	if fault := bngModes[mode]; fault != "" {
		if err := f.bng.Break(bng.Fault{Mode: fault, Match: "disconnect"}, bng.Fault{Mode: fault, Match: "coa"}); err != nil {
			return err
		}
		defer func() { _ = f.bng.Break() }()
		mode = ""
	} else if mode == Refuse {
		to, mode = f.nowhere, ""
	}
	return in.pass(ctx, mode, way{forward: func(context.Context) error { return do(to) }})
}

func (f fleet) Disconnect(ctx context.Context, username string, s subscriber.Session) (how string, err error) {
	err = f.call(ctx, "Disconnect", func(to radius.Sessions) error {
		how, err = to.Disconnect(ctx, username, s)
		return err
	})
	return how, err
}

func (f fleet) ChangeSpeed(ctx context.Context, username string, s subscriber.Session, downKbps, upKbps int64) error {
	return f.call(ctx, "ChangeSpeed", func(to radius.Sessions) error { return to.ChangeSpeed(ctx, username, s, downKbps, upKbps) })
}
