package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"turnup/internal/base/loopback"
	"turnup/internal/external/stripe/sandbox"
)

// servePSP is the verb sandbox-psp: the stand-in for the payment provider as a process of its own.
func servePSP(ctx context.Context, addr, stateFile string) error {
	if stateFile == "" {
		return errors.New("sandbox-psp needs -state, the file that keeps its state")
	}
	if host, _, err := net.SplitHostPort(addr); err != nil || !net.ParseIP(host).IsLoopback() {
		return fmt.Errorf("sandbox-psp listens on the loopback address only; -addr %q is none (example: 127.0.0.1:12111)", addr)
	}
	server, err := sandbox.New(sandbox.Options{StateFile: stateFile, Log: slog.Default()})
	if err != nil {
		return fmt.Errorf("the sandbox payment provider cannot start: %w", err)
	}
	defer server.Close()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("the sandbox payment provider cannot listen: %w", err)
	}
	if err := serve(ctx, listener, server); err != nil {
		return fmt.Errorf("the sandbox payment provider stopped: %w", err)
	}
	return server.Close()
}

// serve serves until the context ends.
func serve(ctx context.Context, l net.Listener, handler http.Handler) error {
	h := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		limited, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_ = h.Shutdown(limited)
	}()
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// sandboxProgram builds this command as a file that stays: the one `go run` made may be removed while
// the sandboxes still run.
func sandboxProgram(ctx context.Context, root string) (path, version string, err error) {
	path = filepath.Join(root, ".turnup", "bin", "local")
	unlock, err := lock(path + ".lock")
	if err != nil {
		return "", "", err
	}
	defer unlock()
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", path, "./internal/local")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("the sandboxes do not compile:\n%s", out)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return "", "", fmt.Errorf("the program just built cannot be read: %w", err)
	}
	return path, hash(string(program)), nil
}

func startPSP(ctx context.Context, s stack, p ports, program, version string) error {
	if err := checkFree(p.psp, "the sandbox payment provider", "TURNUP_PSP_PORT"); err != nil {
		return err
	}
	return startSandbox(ctx, s, "psp", p.psp, version, "/_sandbox/health", program, "sandbox-psp", "-addr", loopback.Address(p.psp), "-state", s.state("psp.json"))
}

// startSandbox starts a sandbox in the background.
func startSandbox(ctx context.Context, s stack, name string, port int, version, health, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = s.dir(), []string{"PATH=/usr/local/bin:/usr/bin:/bin", "TZ=UTC", "HOME=" + s.dir("home"), "TMPDIR=" + s.dir("tmp")}
	proc, ended, err := start(cmd, s.log(name), s.pid(name), port, version)
	if err != nil {
		return err
	}
	return awaitHealth(ctx, proc, ended, urlOf(port)+health, s.log(name))
}

// pointWebhook tells the sandbox where this stack takes webhooks and with which secret it signs.
func pointWebhook(ctx context.Context, psp, url, secret string) error {
	return tell(ctx, "the sandbox payment provider", psp, "/_sandbox/webhook", map[string]any{"url": url, "secrets": []string{secret}})
}

// tell puts something at a sandbox's control API.
func tell(ctx context.Context, who, base, path string, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := probe.Do(request)
	if err != nil {
		return fmt.Errorf("%s does not answer at %s: %w", who, base, err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s answers %s when told where this stack is", who, response.Status)
	}
	return nil
}
