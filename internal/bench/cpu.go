package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"turnup/internal/api/auth"
	profiles "turnup/internal/api/customers"
	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/domain/account"
	"turnup/internal/journey"
	"turnup/internal/journey/demo"
	"turnup/internal/platform/metric"
	"turnup/internal/platform/rest"
	"turnup/internal/store"
)

// Bars of P7, and how often each pair is measured, for how long.
const (
	cpuMust    = 1.5
	cpuStretch = 1.25
	cpuRuns    = 5
	cpuTime    = "200ms"
)

// tape is the HTTP client of an SDK: it records what the local cloud answers, or plays it again at once.
type tape struct {
	playing bool
	inputs  []any // of the SDK's operations
	answers [][]byte
	next    int
}

// Do implements aws.HTTPClient.
func (t *tape) Do(r *http.Request) (*http.Response, error) {
	if !t.playing {
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		t.answers = append(t.answers, body)
		res.Body = io.NopCloser(bytes.NewReader(body))
		return res, err
	}
	body := t.answers[t.next%len(t.answers)]
	t.next++
	return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, ContentLength: int64(len(body)),
		Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// record notes what is asked of the SDK. It is not there while something is measured.
func (t *tape) record(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("tape", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		t.inputs = append(t.inputs, in.Parameters)
		return next.HandleInitialize(ctx, in)
	}), middleware.Before)
}

// bare makes the recorded calls of the SDK, and nothing else.
func (t *tape) bare(ctx context.Context, client *dynamodb.Client) (err error) {
	for _, in := range t.inputs {
		switch in := in.(type) {
		case *dynamodb.GetItemInput:
			_, err = client.GetItem(ctx, in)
		case *dynamodb.BatchGetItemInput:
			_, err = client.BatchGetItem(ctx, in)
		case *dynamodb.TransactWriteItemsInput:
			_, err = client.TransactWriteItems(ctx, in)
		default:
			err = fmt.Errorf("P7 knows no bare %T", in)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// cpuBench is the API in this process, on the real store.
type cpuBench struct {
	tape     *tape
	site     func(options ...func(*dynamodb.Options)) *dynamodb.Client
	prefix   string
	signer   *token.Signer
	verifier *token.Verifier
	links    *token.LinkKeys
	token    string // an access token
	public   ed25519.PublicKey
	private  ed25519.PrivateKey
}

func newCPUBench(st *stage) (*cpuBench, error) {
	env, err := st.site.Env("auth", st.site.Endpoint, st.site.PSP)
	if err != nil {
		return nil, err
	}
	setting := func(name string) string {
		i := slices.IndexFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		if i < 0 {
			return ""
		}
		return strings.TrimPrefix(env[i], name+"=")
	}
	b := &cpuBench{tape: &tape{}, prefix: st.site.Prefix}
	cfg := aws.Config{Region: setting("AWS_REGION"), BaseEndpoint: &st.site.Endpoint, HTTPClient: b.tape,
		Credentials: aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: setting("AWS_ACCESS_KEY_ID"), SecretAccessKey: setting("AWS_SECRET_ACCESS_KEY")}, nil
		}))}
	b.site = func(options ...func(*dynamodb.Options)) *dynamodb.Client {
		return dynamodb.NewFromConfig(cfg, options...)
	}
	if b.signer, err = token.NewSigner(st.site.Secrets["token-signing-key"]); err != nil {
		return nil, err
	}
	if b.verifier, err = token.NewVerifier(setting("TOKEN_PUBLIC_KEYS"), clock.System); err != nil {
		return nil, err
	}
	if b.links, err = token.NewLinkKeys(st.site.Secrets["link-key"]); err != nil {
		return nil, err
	}
	b.public, b.private, err = ed25519.GenerateKey(nil)
	return b, err
}

// api serves what is measured, and the empty operations that it is compared with.
func (b *cpuBench) api(client *dynamodb.Client) *rest.API {
	db := store.New(client, b.prefix, clock.System)
	a := rest.New(rest.Options{Tenant: demo.Tenant, Verifier: b.verifier, Clock: clock.System})
	auth.Register(a, auth.Deps{Store: db, Clock: clock.System, Signer: b.signer, Verifier: b.verifier, Links: b.links, Sandbox: true})
	profiles.Register(a, profiles.Deps{Store: db, Clock: clock.System})
	nothing := func(context.Context, *struct{}) (*struct{}, error) { return nil, nil }
	for _, op := range []rest.Op{{ID: "emptyPost", Method: http.MethodPost, Path: "/empty", Audience: rest.Public}, {ID: "emptyGet", Method: http.MethodGet, Path: "/empty", Audience: rest.Public},
		{ID: "emptyOwn", Method: http.MethodGet, Path: "/empty/own", Audience: rest.Customer, Early: token.Verification}} {
		op.Service, op.Summary, op.Status = "bench", "Nothing", http.StatusNoContent
		rest.Register(a, op, nothing)
	}
	return a
}

// ask sends a request to an API of this process.
func ask(a *rest.API, method, path, bearer, key string, body []byte) (int, []byte) {
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

// compared is an operation, and the least that does as much: an empty operation of the same audience, the SDK's calls made
// bare, and what cannot be had for less: the password's hash and the signatures.
type compared struct {
	name                 string
	method, path, bearer string
	body                 any
	want                 int
	empty, emptyBearer   string // path
	hash                 func()
	signs, checks        int
}

// cpuFigures is P7. It comes last, because its process does nothing else meanwhile.
func cpuFigures(ctx context.Context, st *stage) ([]figure, error) {
	b, err := newCPUBench(st)
	if err != nil {
		return nil, err
	}
	restore := quiet()
	defer restore()
	recording := b.api(b.site(func(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, b.tape.record) }))
	all, err := b.requests(ctx, recording)
	if err != nil {
		return nil, err
	}
	testing.Init()
	if err := flag.Set("test.benchtime", cpuTime); err != nil {
		return nil, err
	}
	var figures []figure
	for _, c := range all {
		found, err := b.compare(ctx, c, recording)
		if err != nil {
			return nil, fmt.Errorf("P7 %s: %w", c.name, err)
		}
		figures = append(figures, found...)
	}
	return figures, nil
}

// quiet throws log lines and metrics away: how fast they can be written is the terminal's.
func quiet() func() {
	was, sink := slog.Default(), metric.Sink
	slog.SetDefault(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	metric.Sink = io.Discard
	return func() {
		slog.SetDefault(was)
		metric.Sink = sink
	}
}

// requests registers somebody, who signs in, and says what is measured of them.
func (b *cpuBench) requests(ctx context.Context, a *rest.API) ([]compared, error) {
	email := "cpu." + strings.ToLower(journey.Key()[:8]) + "@example.com"
	signup, _ := json.Marshal(journey.Signup(email))
	var made journey.Account
	if code, out := ask(a, http.MethodPost, "/auth/register", "", journey.Key(), signup); code != http.StatusCreated || json.Unmarshal(out, &made) != nil {
		return nil, fmt.Errorf("P7: registered with %d: %s", code, out)
	}
	_, k, err := store.New(b.site(), b.prefix, clock.System).Account(ctx, demo.Tenant, id.Customer(made.CustomerID))
	if err != nil {
		return nil, err
	}
	credentials := journey.Credentials(email, journey.Password, "")
	body, _ := json.Marshal(credentials)
	var in journey.Session
	if code, out := ask(a, http.MethodPost, "/auth/login", "", journey.Key(), body); code != http.StatusOK || json.Unmarshal(out, &in) != nil {
		return nil, fmt.Errorf("P7: signed in with %d: %s", code, out)
	}
	b.token = in.AccessToken
	hash := func() { account.CheckPassword(journey.Password, k.PasswordHash) }
	return []compared{
		{name: "token verification", method: http.MethodGet, path: "/empty/own", bearer: in.AccessToken, want: http.StatusNoContent, empty: "/empty", checks: 1},
		{name: "getCustomer", method: http.MethodGet, path: "/customers/" + made.CustomerID, bearer: in.AccessToken, want: http.StatusOK, empty: "/empty/own", emptyBearer: in.AccessToken},
		{name: "refreshSession", method: http.MethodPost, path: "/auth/refresh", body: map[string]any{"refreshToken": in.RefreshToken}, want: http.StatusOK, empty: "/empty", signs: 2, checks: 1},
		{name: "login", method: http.MethodPost, path: "/auth/login", body: credentials, want: http.StatusOK, empty: "/empty", signs: 2, hash: hash},
	}, nil
}

// compare measures an operation and its least in turns.
func (b *cpuBench) compare(ctx context.Context, c compared, recording *rest.API) ([]figure, error) {
	key, body := journey.Key(), []byte{}
	if c.body != nil {
		body, _ = json.Marshal(c.body)
	}
	*b.tape = tape{}
	if code, out := ask(recording, c.method, c.path, c.bearer, key, body); code != c.want {
		return nil, fmt.Errorf("%d instead of %d: %s", code, c.want, out)
	}
	b.tape.playing = true
	client := b.site()
	a := b.api(client)
	message := bytes.Repeat([]byte("claims"), 60)
	signature := ed25519.Sign(b.private, message)
	whole := func() error {
		if code, out := ask(a, c.method, c.path, c.bearer, key, body); code != c.want {
			return fmt.Errorf("%d instead of %d: %s", code, c.want, out)
		}
		return nil
	}
	least := func() error {
		if code, _ := ask(a, c.method, c.empty, c.emptyBearer, key, nil); code != http.StatusNoContent {
			return fmt.Errorf("the empty operation answers %d", code)
		}
		for range c.signs {
			ed25519.Sign(b.private, message)
		}
		for range c.checks {
			if !ed25519.Verify(b.public, message, signature) {
				return errors.New("the signature is wrong")
			}
			if err := readToken(b.token); err != nil {
				return err
			}
		}
		if c.hash != nil {
			c.hash()
		}
		return b.tape.bare(ctx, client)
	}
	var times, allocations []float64
	var last [2]testing.BenchmarkResult
	for range cpuRuns {
		for i, do := range []func() error{whole, least} {
			var err error
			if last[i], err = measure(do); err != nil {
				return nil, err
			}
		}
		times = append(times, float64(last[0].NsPerOp())/float64(last[1].NsPerOp()))
		allocations = append(allocations, float64(last[0].AllocsPerOp())/float64(last[1].AllocsPerOp()))
	}
	return []figure{
		{name: "P7 CPU " + c.name, value: median(times), must: cpuMust, stretch: cpuStretch, detail: fmt.Sprintf("%d µs of %d", last[0].NsPerOp()/1000, last[1].NsPerOp()/1000)},
		{name: "P7 allocations " + c.name, value: median(allocations), must: cpuMust, stretch: cpuStretch, detail: fmt.Sprintf("%d of %d", last[0].AllocsPerOp(), last[1].AllocsPerOp())},
	}, nil
}

// readToken decodes the parts of a token, which nobody can check who has not read them.
func readToken(raw string) error {
	parts := strings.Split(raw, ".")
	var header map[string]any
	var claims token.Claims
	for i, into := range []any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return err
		}
	}
	_, err := base64.RawURLEncoding.DecodeString(parts[2])
	return err
}

// measure repeats something until its time is known.
func measure(do func() error) (testing.BenchmarkResult, error) {
	var failed error
	r := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if failed = do(); failed != nil {
				return
			}
		}
	})
	return r, failed
}
