// Package voltha is the access network: it speaks gRPC to VOLTHA's core (voltha-protos v5, tried with rw_core 3.7) for the ONUs,
// and REST to voltha-go-controller (/vgc/v1) for the subscribers on them. The core knows devices, the controller knows who is
// served at which port; a line is up when both say so.
//
// ONOS's olt app is not served: its subscribers and speeds come from a SADIS server of the operator's, it keeps none by itself.
package voltha

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/opencord/voltha-protos/v5/go/extension"
	"github.com/opencord/voltha-protos/v5/go/voltha"
	"google.golang.org/grpc"
	dialing "google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"turnup/internal/base/clock"
	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
	"turnup/internal/external/upstream"
)

// Options say where VOLTHA is and how lines are made there. What has a default may be left out.
type Options struct {
	Core       string // host:port of the core's gRPC
	Controller string // base address, for example http://controller.example:8181/vgc/v1

	// TLS is for the core, and for a controller by https; nil is plain text to the core. Neither authenticates by itself: the
	// operator puts mTLS or a VPN in front of them.
	TLS *tls.Config

	// OLTs gives the serial numbers (or ids) that OLTs have in VOLTHA, by their names in the inventory. An OLT that is not listed
	// has the same name in both.
	OLTs map[string]string

	// A line's VLANs: the number of its PON is added to STag, the id of its ONU at the PON to CTag, so that no two lines of an OLT
	// share both. Default 900 each.
	STag, CTag int
	// TechProfile is the technology profile of the lines. Default 64.
	TechProfile int
	// WithoutFlows counts a service as set up when the controller has it, before its flows are in the OLT. Flows of a port whose
	// UNI has no link (no router plugged in) are not installed until it has.
	WithoutFlows bool

	Within    time.Duration // one call; default 5 s
	Discovery time.Duration // how long the network may take to show an ONU or an effect that is there; default 10 s
	Poll      time.Duration // between two looks; default 1 s

	Dial []grpc.DialOption // what the connection to the core has beside, for example interceptors
}

// Client is the access network.
type Client struct {
	o          Options
	conn       *grpc.ClientConn
	core       voltha.VolthaServiceClient
	extension  extension.ExtensionClient
	circuit    *upstream.Circuit
	controller upstream.HTTP
}

var _ provisioning.Access = (*Client)(nil)

// mostReceived bounds answers of the core: a list of devices holds some kB for each ONU, gRPC's default is 4 MB.
const mostReceived = 64 << 20

// New makes a client. It does not connect before the first call.
func New(o Options) (*Client, error) {
	if o.Core == "" || o.Controller == "" {
		return nil, errors.New("voltha: the addresses of the core and of the controller are needed")
	}
	o.STag, o.CTag, o.TechProfile = or(o.STag, 900), or(o.CTag, 900), or(o.TechProfile, 64)
	o.Within, o.Discovery, o.Poll = or(o.Within, 5*time.Second), or(o.Discovery, 10*time.Second), or(o.Poll, time.Second)
	safety, client := insecure.NewCredentials(), http.DefaultClient
	if o.TLS != nil {
		safety = credentials.NewTLS(o.TLS)
		client = &http.Client{Transport: &http.Transport{TLSClientConfig: o.TLS.Clone(), ForceAttemptHTTP2: true}}
	}
	conn, err := grpc.NewClient(o.Core, append([]grpc.DialOption{
		grpc.WithTransportCredentials(safety),
		grpc.WithDisableServiceConfig(),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(mostReceived)),
		// A function sleeps between calls; a connection that slept longer than this is not worth a time-out.
		grpc.WithIdleTimeout(time.Minute),
		// gRPC waits up to two minutes before it dials again and refuses calls meanwhile; that is the circuit's part.
		grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: o.Within,
			Backoff: dialing.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second}})}, o.Dial...)...)
	if err != nil {
		return nil, fmt.Errorf("voltha: %w", err)
	}
	return &Client{o: o, conn: conn, core: voltha.NewVolthaServiceClient(conn), extension: extension.NewExtensionClient(conn),
		circuit: upstream.NewCircuit("voltha", o.Within),
		controller: upstream.HTTP{Circuit: upstream.NewCircuit("voltha-go-controller", o.Within),
			Base: strings.TrimRight(o.Controller, "/"), Client: client}}, nil
}

func or[T comparable](value, fallback T) T {
	if value == *new(T) {
		return fallback
	}
	return value
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// waiting says that something is not there yet, and how it is instead.
func (c *Client) waiting(instead string) error {
	return c.circuit.Fault(provisioning.ErrONUWaiting, errors.New(instead))
}

// until looks again and again, until there is what look looks for (nil), or what is wrong does not pass by itself, or the time is
// over. Then it is what the last look found that was not cut off. Only for what may be repeated.
func (c *Client) until(ctx context.Context, within time.Duration, look func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	end, _ := ctx.Deadline()
	var last error
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := look(ctx)
		if last == nil || ctx.Err() == nil && clock.System.Now().Before(end) { // a call notices the end before ctx does
			last = err
		}
		if err != nil && !fault.Transient(err) {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(backoff.NewConstantBackOff(c.o.Poll)), backoff.WithMaxElapsedTime(0))
	if err != nil && last != nil {
		return last
	}
	return err
}
