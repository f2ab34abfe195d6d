package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"turnup/internal/base/loopback"
	"turnup/internal/base/token"
	"turnup/internal/external/radius"
	"turnup/internal/plant"
	"turnup/internal/platform/rest"
)

// sleeper starts a background process through start, as a cloud or a sandbox would be.
func sleeper(t *testing.T, dir string) (process, string) {
	t.Helper()
	pidFile := filepath.Join(dir, "x.pid")
	p, _, err := start(exec.Command("sleep", "60"), filepath.Join(dir, "x.log"), pidFile, 1, "v1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(p.PID, syscall.SIGKILL) })
	return p, pidFile
}

func TestStopEndsWhatWasStarted(t *testing.T) {
	p, pidFile := sleeper(t, t.TempDir())
	if got, ok := readPID(pidFile); !ok || got != p || !got.alive() {
		t.Fatalf("pid file says %+v, %v; started was %+v", got, ok, p)
	}
	how, err := stop(context.Background(), pidFile, 5*time.Second)
	if err != nil || how != gracefully || p.alive() {
		t.Fatalf("ended %v, err %v, alive %v", how, err, p.alive())
	}
	if how, err := stop(context.Background(), pidFile, time.Second); how != notRunning || err != nil {
		t.Fatalf("a second stop: ended %v, err %v", how, err)
	}
}

func TestStopSparesAProcessThatReusedThePid(t *testing.T) {
	p, pidFile := sleeper(t, t.TempDir())
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	forged := strings.Replace(string(text), p.Started, "an earlier birth", 1)
	if err := os.WriteFile(pidFile, []byte(forged), 0o600); err != nil {
		t.Fatal(err)
	}
	how, err := stop(context.Background(), pidFile, time.Second)
	if how != notRunning || err != nil {
		t.Fatalf("ended %v, err %v", how, err)
	}
	if !p.alive() {
		t.Fatal("a process that this command did not start was ended")
	}
	if _, err := os.Stat(pidFile); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("the stale pid file is still there")
	}
}

func TestStopEndsChildrenThatOutliveTheirParent(t *testing.T) {
	dir := t.TempDir()
	pidFile, script := filepath.Join(dir, "x.pid"), filepath.Join(dir, "child.sh")
	if err := os.WriteFile(script, []byte("trap '' TERM\nwhile :; do sleep 1; done\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, ended, err := start(exec.Command("sh", "-c", "sh "+script+" & sleep 0.2"), filepath.Join(dir, "x.log"), pidFile, 1, "v1")
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the parent does not end")
	}
	if len(groupMembers(p.PID)) == 0 {
		t.Fatal("the child did not outlive its parent; this test shows nothing")
	}
	if _, err := stop(context.Background(), pidFile, time.Second); err != nil {
		t.Fatal(err)
	}
	waitUntil(context.Background(), 3*time.Second, func() bool { return len(ours(p.PID, dir)) == 0 })
	if left := ours(p.PID, dir); len(left) > 0 {
		t.Fatalf("still running: %v", left)
	}
}

func ours(group int, dir string) (found []member) {
	for _, m := range groupMembers(group) {
		if strings.Contains(m.command, dir) {
			found = append(found, m)
		}
	}
	return found
}

func TestCheckFreeNamesPortAndVariable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	err = checkFree(port, "the local cloud", "TURNUP_CLOUD_PORT")
	if err == nil || !strings.Contains(err.Error(), "TURNUP_CLOUD_PORT=<port>") {
		t.Fatalf("a taken port: %v", err)
	}
	l.Close()
	if err := checkFree(port, "the local cloud", "TURNUP_CLOUD_PORT"); err != nil {
		t.Fatalf("a free port: %v", err)
	}
}

func TestChoosePorts(t *testing.T) {
	dev, err := choosePorts(stack{name: "dev"})
	if err != nil || dev != (ports{4566, 12111, 12120}) {
		t.Fatalf("%v, %v", dev, err)
	}
	t.Setenv("TURNUP_CLOUD_PORT", "4600")
	if dev, err = choosePorts(stack{name: "dev"}); err != nil || dev.cloud != 4600 {
		t.Fatalf("%v, %v", dev, err)
	}
	test, err := choosePorts(stack{name: "test"})
	if err != nil || test.cloud == test.psp || test.cloud == 4600 || test.network == test.psp || test.network == test.cloud {
		t.Fatalf("%v, %v", test, err)
	}
	for clash, ok := range map[string]bool{"12110": false, "12111": false, "4600": false, "4598": false, "4601": true, "12112": true} { // two more ports follow it
		t.Setenv("TURNUP_NETWORK_PORT", clash)
		if _, err := choosePorts(stack{name: "dev"}); (err == nil) != ok {
			t.Errorf("network port %s: %v", clash, err)
		}
	}
	t.Setenv("TURNUP_NETWORK_PORT", "")
	for _, bad := range []string{"x", "0", "70000"} {
		t.Setenv("TURNUP_CLOUD_PORT", bad)
		if _, err := choosePorts(stack{name: "dev"}); err == nil {
			t.Fatalf("port %q was accepted", bad)
		}
	}
}

func TestHash(t *testing.T) {
	if hash("ab", "c") == hash("a", "bc") {
		t.Fatal("parts of a hash run into each other")
	}
	root := t.TempDir()
	write := func(name, text string) {
		if err := writeFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum := func() string {
		h, err := hashFiles(root, "a.txt", "folder", "missing")
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	write("a.txt", "1")
	write("folder/b.txt", "2")
	first := sum()
	write("outside.txt", "3")
	if sum() != first {
		t.Fatal("a file outside changes the hash")
	}
	write("folder/b.txt", "changed")
	second := sum()
	write("folder/c.txt", "")
	if second == first || sum() == second {
		t.Fatal("a change does not change the hash")
	}
}

func TestEnvFileIsReadByAShell(t *testing.T) {
	env := environment{"TURNUP_API": "http://127.0.0.1:4566/x?a=1&b=2", "QUOTED": "it's $HOME", "PLAIN": "v1"}
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte(env.render()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("sh", "-c", ". "+file+`; printf '%s|%s|%s' "$TURNUP_API" "$QUOTED" "$PLAIN"`).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := "http://127.0.0.1:4566/x?a=1&b=2|it's $HOME|v1"; string(out) != want {
		t.Fatalf("got %q, want %q", out, want)
	}
	if !strings.Contains(env.render(), "\nPLAIN=v1\n") {
		t.Fatal("a plain value is quoted")
	}
}

func TestSecretsAreMadeOnceAndPrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secrets.json")
	first, err := ensureSecrets(file)
	if err != nil {
		t.Fatal(err)
	}
	second, err := ensureSecrets(file)
	if err != nil || first != second {
		t.Fatalf("the second time they differ (%v)", err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if !strings.HasPrefix(first.PSPWebhookSecret, "whsec_") || !strings.HasPrefix(first.PSPKey, "sk_test_sandbox") {
		t.Fatalf("unexpected prefixes")
	}
	public, err := first.publicKeys()
	if err != nil {
		t.Fatal(err)
	}
	kid, encoded, _ := strings.Cut(public, ":")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(raw) != ed25519.PublicKeySize || token.KeyID(raw) != kid {
		t.Fatalf("public key %q (%v)", public, err)
	}
}

// A stack from before there were links, or a network, gets the secrets for them, and keeps its others. They are such as the functions
// take.
func TestOlderSecretsAreCompleted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secrets.json")
	made, err := ensureSecrets(file)
	if err != nil {
		t.Fatal(err)
	}
	older := secrets{TokenSigningKey: made.TokenSigningKey, PSPKey: made.PSPKey, PSPWebhookSecret: made.PSPWebhookSecret, SubscriberKey: made.SubscriberKey}
	if err := older.keep(file); err != nil {
		t.Fatal(err)
	}
	now, err := ensureSecrets(file)
	if err != nil || now.TokenSigningKey != made.TokenSigningKey || now.SubscriberKey != made.SubscriberKey || now.LinkKey == "" || now.LinkKey == made.LinkKey {
		t.Fatalf("completed to %v, %v", now.LinkKey != "", err)
	}
	if again, err := ensureSecrets(file); err != nil || again != now {
		t.Fatalf("the next time they differ (%v)", err)
	}
	if _, err := token.NewLinkKeys(now.LinkKey); err != nil {
		t.Fatal(err)
	}
	all := now.parameters()
	for name, value := range all {
		if value == "" {
			t.Errorf("%s is empty", name)
		}
	}
	for _, name := range []string{"radius-key", "access-key"} {
		if keys := rest.ParseMachines(all[name]); len(keys) != 1 {
			t.Errorf("%s opens nothing", name)
		}
	}
	network, err := networkParameters("http://127.0.0.1:12120")
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := radius.ParseFleet(network["Nas"], all["nas-secrets"])
	if err != nil || fleet[plant.NAS].Secret != now.NASSecret || fleet[plant.NAS].Address != "127.0.0.1:12122" {
		t.Errorf("the NASes are %v, %v", len(fleet), err)
	}
}

// The sandbox network serves what the parameters say, and nobody but this machine.
func TestSandboxNetwork(t *testing.T) {
	p, err := freePorts()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serveNetwork(ctx, loopback.Address(p.network)) }()
	waitUntil(ctx, 5*time.Second, func() bool { return healthy(ctx, urlOf(p.network)+"/_plant/health") })
	keys := secrets{NetboxToken: "nbt_local.sandbox"}.complete()
	if err := pointHook(ctx, urlOf(p.network), "http://127.0.0.1:1/radius", keys); err != nil {
		t.Error(err)
	}
	where, err := networkParameters(urlOf(p.network))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{where["NetboxUrl"] + "/api/status/", where["GenieacsUrl"] + "/devices/", where["VolthaController"] + "/devices"} {
		if open := healthy(ctx, path); open == strings.Contains(path, "/netbox/") { // which demands the token
			t.Errorf("%s answers: %v", path, open)
		}
	}
	core, err := net.Dial("tcp", where["VolthaCore"])
	if err != nil {
		t.Error(err)
	} else {
		core.Close()
	}
	if taken, err := net.ListenPacket("udp", loopback.Address(p.network+coaAfter)); err == nil {
		taken.Close()
		t.Error("nobody takes Disconnect requests")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := serveNetwork(t.Context(), "0.0.0.0:12120"); err == nil {
		t.Error("it listens to the whole world")
	}
	if _, err := networkParameters("http://somewhere"); err == nil {
		t.Error("an address without a port says nothing about its neighbours")
	}
}

func TestDeclaredParameters(t *testing.T) {
	template := "Transform: x\nParameters:\n  EndpointUrl: {Type: String}\n  # a comment\n  Stage:\n    Type: String\n    Default: a\n\nGlobals:\n  Function: {}\n"
	if got := declared(template); !reflect.DeepEqual(got, []string{"EndpointUrl", "Stage"}) {
		t.Fatalf("got %v", got)
	}
	if got := declared("Resources:\n  A: {}\n"); len(got) != 0 {
		t.Fatalf("got %v", got)
	}
}

func TestErrorsAreSentences(t *testing.T) {
	for in, want := range map[string]string{
		"port 1 is taken":         "Port 1 is taken.",
		"sam failed; the end:\nx": "Sam failed; the end:\nx",
	} {
		if got := sentence(errors.New(in)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
