package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is what the pid file says about a background process that this command started.
type process struct {
	PID int `json:"pid"`
	// Started is the process's birth as the system tells it. The system reuses pids; together with
	// the birth a pid means one process for ever, and only that one may be ended.
	Started string `json:"started"`
	Port    int    `json:"port"`
	// Version is a hash of what the process was started from: another one means start it anew.
	Version string `json:"version"`
}

// birth identifies a running process; empty when there is none (or only a corpse nobody collected).
func birth(pid int) string {
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		// The command's name may hold blanks and parentheses: count fields after the last one.
		_, after, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')'):]), ") ")
		fields := strings.Fields(after)
		if len(fields) < 20 || fields[0] == "Z" {
			return ""
		}
		boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
		return fields[19] + "@" + strings.TrimSpace(string(boot))
	}
	if _, err := os.Stat("/proc/self/stat"); err == nil {
		return ""
	}
	out, err := exec.Command("ps", "-o", "lstart=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

func (p process) alive() bool { return p.PID > 1 && p.Started != "" && birth(p.PID) == p.Started }

func readPID(file string) (process, bool) {
	var p process
	text, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(text, &p) != nil {
		return process{}, false
	}
	return p, true
}

// start runs a command detached: in a session of its own (so that Ctrl-C and the end of this
// command do not reach it), with its output in a log file and its identity in a pid file.
func start(cmd *exec.Cmd, logFile, pidFile string, port int, version string) (process, <-chan error, error) {
	log, err := os.Create(logFile)
	if err != nil {
		return process{}, nil, fmt.Errorf("the log %s cannot be written: %w", logFile, err)
	}
	defer log.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return process{}, nil, fmt.Errorf("%s cannot be started: %w", cmd.Path, err)
	}
	ended := make(chan error, 1)
	p := process{PID: cmd.Process.Pid, Started: birth(cmd.Process.Pid), Port: port, Version: version}
	go func() { ended <- cmd.Wait() }()
	text, err := json.Marshal(p)
	if err == nil {
		err = writeFile(pidFile, text, 0o644)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		return process{}, nil, fmt.Errorf("the pid file %s cannot be written: %w", pidFile, err)
	}
	return p, ended, nil
}

// ending is how a process came to its end in stop.
type ending int

const (
	notRunning ending = iota
	gracefully        // after SIGTERM: it could save its state
	killed            // after SIGKILL
)

// stop ends the process of a pid file, if it is still the one that was started, and then whatever
// it started itself: children share its process group, and run from or with files of their stack's folder.
func stop(ctx context.Context, pidFile string, grace time.Duration) (how ending, err error) {
	p, ok := readPID(pidFile)
	if !ok {
		return notRunning, nil
	}
	if p.alive() {
		how = gracefully
		_ = syscall.Kill(p.PID, syscall.SIGTERM)
		waitUntil(ctx, grace, func() bool { return !p.alive() })
		if p.alive() {
			how = killed
			_ = syscall.Kill(p.PID, syscall.SIGKILL)
			waitUntil(ctx, 5*time.Second, func() bool { return !p.alive() })
		}
	}
	if p.alive() {
		return how, fmt.Errorf("process %d does not end; end it by hand and run this again", p.PID)
	}
	endOrphans(ctx, p.PID, filepath.Dir(pidFile))
	return how, os.Remove(pidFile)
}

func waitUntil(ctx context.Context, limit time.Duration, done func() bool) {
	for end := time.Now().Add(limit); !done() && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(50 * time.Millisecond)
	}
}

// endOrphans ends what is left of a dead leader's process group. The group's number could in
// theory have been reused by strangers, so a member must also show that it belongs to the stack.
func endOrphans(ctx context.Context, group int, dir string) {
	signal := func(sig syscall.Signal) (left int) {
		for _, m := range groupMembers(group) {
			if strings.Contains(m.command, dir+string(filepath.Separator)) {
				_ = syscall.Kill(m.pid, sig)
				left++
			}
		}
		return left
	}
	if signal(syscall.SIGTERM) == 0 {
		return
	}
	waitUntil(ctx, 2*time.Second, func() bool { return signal(0) == 0 })
	signal(syscall.SIGKILL)
}

type member struct {
	pid     int
	command string
}

// groupMembers lists the running processes of a process group, from /proc or, without it, from ps.
func groupMembers(group int) (found []member) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) < 3 || fields[0] == "Z" || fields[2] != strconv.Itoa(group) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		command, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		found = append(found, member{pid, strings.ReplaceAll(string(command), "\x00", " ")})
	}
	if len(stats) > 0 {
		return found
	}
	out, _ := exec.Command("ps", "-axo", "pid=,pgid=,command=").Output()
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) > 2 && fields[1] == strconv.Itoa(group) {
			pid, _ := strconv.Atoi(fields[0])
			found = append(found, member{pid, strings.Join(fields[2:], " ")})
		}
	}
	return found
}
