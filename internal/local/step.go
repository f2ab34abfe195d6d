package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// heartbeat is how long a step may be silent before it says that it is still alive.
const heartbeat = 5 * time.Second

// step prints what is being done, a sign of life while it takes long, and what came of it.
// doing returns the sentence about the outcome; progress, if any, says where a long step is.
func step(name, doing string, progress func() string, do func() (string, error)) error {
	start := time.Now()
	fmt.Printf("▸ %-9s %s\n", name, doing)
	stop := beat(name, progress)
	outcome, err := do()
	stop()
	if err != nil {
		return err
	}
	fmt.Printf("✓ %-9s %s (%s)\n", name, outcome, took(start))
	return nil
}

// beat prints progress every few seconds until the returned function is called.
func beat(name string, progress func() string) func() {
	done := make(chan struct{})
	var printing sync.WaitGroup
	printing.Go(func() {
		for seconds := heartbeat; ; seconds += heartbeat {
			select {
			case <-done:
				return
			case <-time.After(heartbeat):
				where := ""
				if progress != nil {
					where = progress()
				}
				if where != "" {
					where = ": " + where
				}
				fmt.Printf("  %-9s %.0f s%s\n", name, seconds.Seconds(), where)
			}
		}
	})
	return func() { close(done); printing.Wait() }
}

func took(start time.Time) string {
	return fmt.Sprintf("%.1f s", time.Since(start).Seconds())
}

// lastLines is the end of a log file, for a person who wants to know why something failed.
func lastLines(file string, n int) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// lastLine is lastLines for a progress message: one line, not longer than a terminal is wide.
func lastLine(file string) func() string {
	return func() string {
		line := strings.TrimSpace(lastLines(file, 1))
		if r := []rune(line); len(r) > 90 {
			line = string(r[:90]) + "…"
		}
		return line
	}
}
