// Package freeradius runs Debian's FreeRADIUS with the configuration for operators that is in this folder (README.md), and dials
// in and reports through it with radclient: for tests against the real thing.
package freeradius

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"turnup/internal/base/loopback"
)

// Packages are what Debian and Ubuntu call what is needed.
const Packages = "freeradius freeradius-rest freeradius-utils"

// ErrMissing is a machine without FreeRADIUS.
var ErrMissing = errors.New("FreeRADIUS is not installed: apt-get install -y --no-install-recommends " + Packages)

// Secret is shared with the server by whoever sends packets to it from loopback.
const Secret = "testing123"

// configuration is the operator's; radiusd is what Debian has besides, as little of it as is needed.
//
//go:embed mods-available policy.d sites-available
var configuration embed.FS

//go:embed testserver/radiusd.conf
var radiusd string

// Options say how a server runs.
type Options struct {
	Hook string // http://127.0.0.1:3000/radius
	Key  string // goes with every call as x-api-key

	edit func(site string) string // to try what becomes of a changed sites-available/turnup
}

// Server is a running FreeRADIUS. Auth, Acct and CoA are its UDP addresses; CoA acknowledges whatever is genuine.
type Server struct {
	Auth, Acct, CoA string
	Patience        time.Duration // how long radclient waits for an answer; five seconds, a bit more than FreeRADIUS waits for the hook

	dir       string
	radclient string
	cmd       *exec.Cmd
	ended     chan struct{}
	log       buffer
}

// Run starts a server for a test. Without FreeRADIUS the test is skipped, or fails when TURNUP_FREERADIUS is "required".
func Run(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	switch {
	case errors.Is(err, ErrMissing) && os.Getenv("TURNUP_FREERADIUS") != "required":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Start runs FreeRADIUS on free ports of loopback until it is closed. It returns when the server is ready.
func Start(ctx context.Context, o Options) (*Server, error) {
	server, client := binary("freeradius", "radiusd"), binary("radclient")
	if _, err := os.Stat("/usr/lib/freeradius/rlm_rest.so"); server == "" || client == "" || err != nil {
		return nil, ErrMissing
	}
	dir, err := os.MkdirTemp("", "freeradius")
	if err != nil {
		return nil, err
	}
	s := &Server{Patience: 5 * time.Second, dir: dir, radclient: client, ended: make(chan struct{})}
	if err := s.configure(o.edit); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.cmd = exec.Command(server, "-f", "-l", "stdout", "-d", dir, "-n", "radiusd")
	s.cmd.Env = append(os.Environ(), "TZ=UTC", "TURNUP_RADIUS_URL="+o.Hook, "TURNUP_RADIUS_KEY="+o.Key)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	go func() { _ = s.cmd.Wait(); close(s.ended) }()
	if err := s.ready(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// ready waits until the server takes requests.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for !strings.Contains(s.log.String(), "Ready to process requests") {
		select {
		case <-s.ended:
			return fmt.Errorf("FreeRADIUS did not start:\n%s", s.log.String())
		case <-ctx.Done():
			return fmt.Errorf("FreeRADIUS is not ready: %w\n%s", ctx.Err(), s.log.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// Log is what the server wrote so far. Without debugging it has no passwords.
func (s *Server) Log() string { return s.log.String() }

// Close ends the server.
func (s *Server) Close() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
	return os.RemoveAll(s.dir)
}

// configure writes the operator's configuration, listening on free ports of loopback, and what is around it.
func (s *Server) configure(edit func(string) string) error {
	port, err := loopback.Row(3)
	if err != nil {
		return err
	}
	auth, acct, coa := port, port+1, port+2
	s.Auth, s.Acct, s.CoA = loopback.Address(auth), loopback.Address(acct), loopback.Address(coa)
	listening := strings.NewReplacer("ipaddr = *", "ipaddr = 127.0.0.1", "port = 1812", fmt.Sprint("port = ", auth), "port = 1813", fmt.Sprint("port = ", acct))
	err = fs.WalkDir(configuration, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(s.dir, path)
		if d.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		text, err := configuration.ReadFile(path)
		if err != nil {
			return err
		}
		out := listening.Replace(string(text))
		if edit != nil && path == "sites-available/turnup" {
			out = edit(out)
		}
		return os.WriteFile(to, []byte(out), 0o600)
	})
	if err != nil {
		return err
	}
	main := strings.NewReplacer("@dir@", s.dir, "@coa@", strconv.Itoa(coa), "@secret@", Secret).Replace(radiusd)
	return os.WriteFile(filepath.Join(s.dir, "radiusd.conf"), []byte(main), 0o600)
}

func binary(names ...string) string {
	for _, name := range names {
		for _, path := range []string{name, "/usr/sbin/" + name, "/usr/bin/" + name} { // sbin is not in everybody's path
			if found, err := exec.LookPath(path); err == nil {
				return found
			}
		}
	}
	return ""
}

// buffer can be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
