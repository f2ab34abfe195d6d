package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Grace periods between SIGTERM and SIGKILL: the cloud writes its state down first.
const (
	cloudGrace   = 30 * time.Second
	sandboxGrace = 5 * time.Second
)

func (s stack) lock() (func(), error) {
	return lock(filepath.Join(s.root, ".turnup", s.name+".lock"))
}

// up is the verb up.
func up(ctx context.Context, s stack) error {
	if err := checkTools(ctx, s.root); err != nil {
		return err
	}
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	// Compiling needs minutes the first time; it runs beside the installation of the tools. Its
	// errors are not lost: the build step compiles again and reports them.
	v := venvOf(s.root)
	if !v.ready() {
		warm := make(chan struct{})
		go func() { defer close(warm); _ = compile(ctx, s.root) }()
		defer func() { <-warm }()
	}
	if err := v.ensure(ctx); err != nil {
		return err
	}
	p, err := startProcesses(ctx, s)
	if err != nil {
		return err
	}
	return bringUp(ctx, s, target{
		endpoint: urlOf(p.cloud), functionsEndpoint: urlOf(p.cloud),
		psp: urlOf(p.psp), network: urlOf(p.network), stackName: s.cloudName(),
	})
}

// startProcesses brings up the sandboxes and the cloud, or finds them running and well.
func startProcesses(ctx context.Context, s stack) (ports, error) {
	if !s.keepsData() {
		if err := wipe(ctx, s); err != nil {
			return ports{}, err
		}
	}
	p, err := choosePorts(s)
	if err != nil {
		return ports{}, err
	}
	if err := s.makeDirs(); err != nil {
		return ports{}, err
	}
	program, built, err := sandboxProgram(ctx, s.root)
	if err != nil {
		return ports{}, err
	}
	version := hash(built, s.state(), fmt.Sprint(p.psp))
	err = ensureProcess(ctx, s, service{
		name: "psp", title: "sandbox payment provider", version: version, grace: sandboxGrace,
		url: urlOf(p.psp), health: "/_sandbox/health",
		start: func() error { return startPSP(ctx, s, p, program, version) },
	})
	if err != nil {
		return ports{}, err
	}
	networkVersion := hash(built, fmt.Sprint(p.network))
	err = ensureProcess(ctx, s, service{
		name: "network", title: "sandbox network", version: networkVersion, grace: sandboxGrace,
		url: urlOf(p.network), health: "/_plant/health",
		start: func() error { return startNetwork(ctx, s, p, program, networkVersion) },
	})
	if err != nil {
		return ports{}, err
	}
	if last, ok := readPID(s.pid("cloud")); ok && !last.alive() {
		if err := s.forgetDeployment(); err != nil {
			return ports{}, err
		}
	}
	return p, ensureProcess(ctx, s, service{
		name: "cloud", title: "MiniStack", version: cloudVersion(s, p), grace: cloudGrace,
		url: urlOf(p.cloud), health: "/_ministack/ready",
		start: func() error { return startCloud(ctx, s, p) },
	})
}

// forgetDeployment removes the marker of the last deployment. The cloud saves its state only when it
// ends gracefully; after any other end it finds an older state than the marker claims.
func (s stack) forgetDeployment() error {
	if err := os.Remove(s.dir("deployed")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the marker of the last deployment cannot be removed: %w", err)
	}
	return nil
}

// stop ends one process of the stack.
func (s stack) stop(ctx context.Context, name string, grace time.Duration) (ending, error) {
	how, err := stop(ctx, s.pid(name), grace)
	if err == nil && how == killed && name == "cloud" {
		fmt.Printf("! %-9s did not end within %s and was killed; what changed since its start is lost\n", name, grace)
		err = s.forgetDeployment()
	}
	return how, err
}

// service is one background process of a stack.
type service struct {
	name, title, version string
	url, health          string
	grace                time.Duration
	start                func() error
}

// ensureProcess leaves a process alone that runs, answers and was started from the same things;
// anything else of ours is ended first.
func ensureProcess(ctx context.Context, s stack, what service) error {
	if p, ok := readPID(s.pid(what.name)); ok && p.alive() && p.Version == what.version && healthy(ctx, what.url+what.health) {
		fmt.Printf("✓ %-9s %s already runs at %s\n", what.name, what.title, what.url)
		return nil
	}
	return step(what.name, "starting "+what.title, lastLine(s.log(what.name)), func() (string, error) {
		if _, err := s.stop(ctx, what.name, what.grace); err != nil {
			return "", err
		}
		if err := what.start(); err != nil {
			return "", err
		}
		return what.title + " answers at " + what.url, nil
	})
}

// down is the verb down.
func down(ctx context.Context, s stack) error {
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return stopProcesses(ctx, s)
}

// stopProcesses ends the cloud first: its functions may still be talking to the sandboxes.
func stopProcesses(ctx context.Context, s stack) error {
	var failed []error
	ended := 0
	for _, what := range []service{{name: "cloud", grace: cloudGrace}, {name: "network", grace: sandboxGrace}, {name: "psp", grace: sandboxGrace}} {
		start := time.Now()
		how, err := s.stop(ctx, what.name, what.grace)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if how != notRunning {
			ended++
			fmt.Printf("✓ %-9s ended (%s)\n", what.name, took(start))
		}
	}
	if ended == 0 && len(failed) == 0 {
		fmt.Printf("✓ %-9s nothing of the %s stack is running\n", "down", s.name)
	}
	return errors.Join(failed...)
}

// wipe ends what runs and removes everything of a stack.
func wipe(ctx context.Context, s stack) error {
	if _, err := os.Stat(s.dir()); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := stopProcesses(ctx, s); err != nil {
		return err
	}
	if err := os.RemoveAll(s.dir()); err != nil {
		return fmt.Errorf("the folder %s cannot be removed: %w", s.dir(), err)
	}
	return nil
}

// clean is the verb clean: what is left is the virtual environment, which costs a download.
func clean(ctx context.Context, s stack) error {
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := wipe(ctx, s); err != nil {
		return err
	}
	unlockBuild, err := lock(filepath.Join(s.root, ".turnup", "build.lock"))
	if err != nil {
		return err
	}
	defer unlockBuild()
	for _, d := range []string{filepath.Join(s.root, ".aws-sam"), zipFolder(s.root)} {
		if err := os.RemoveAll(d); err != nil {
			return fmt.Errorf("the folder %s cannot be removed: %w", d, err)
		}
	}
	fmt.Printf("✓ %-9s data of the %s stack and the build are removed\n", "clean", s.name)
	return nil
}
