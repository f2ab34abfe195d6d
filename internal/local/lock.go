package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lock makes two runs of this command wait for each other where they share files: two stacks may
// come up at once, but there is one build folder and one virtual environment.
func lock(file string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, fmt.Errorf("the folder %s cannot be created: %w", filepath.Dir(file), err)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the lock %s cannot be opened: %w", file, err)
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		fmt.Println("  waiting for another run of this command to finish")
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			f.Close()
			return nil, fmt.Errorf("the lock %s cannot be taken: %w", file, err)
		}
	}
	return func() { f.Close() }, nil
}
