package chaos

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"

	"turnup/internal/rig"
)

// whole tells to run every point in every mode with every recovery: `make chaos`.
var whole = os.Getenv("CHAOS") == "full"

// programs is the folder of the functions' programs.
var programs string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "turnup-chaos-")
		if err == nil {
			defer os.RemoveAll(folder)
			programs = folder
			err = rig.Build(context.Background(), folder)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// worlds is how many worlds run side by side; each has its functions' processes and its PSP.
func worlds() int {
	if n, err := strconv.Atoi(os.Getenv("CHAOS_WORLDS")); err == nil && n > 0 {
		return n
	}
	return 3
}

// stack is what the worlds' stacks are called; another name allows another run beside this one.
func stack(name string) string { return cmp.Or(os.Getenv("CHAOS_STACK"), "chaos") + "-" + name }

func open(t *testing.T, name string) *World {
	t.Helper()
	w, err := Open(t.Context(), stack(name), programs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(context.Background()) })
	return w
}

// openAll opens several worlds at once.
func openAll(t *testing.T, n int) []*World {
	t.Helper()
	all, errs := make([]*World, n), make([]error, n)
	var opening sync.WaitGroup
	for i := range n {
		opening.Go(func() { all[i], errs[i] = Open(t.Context(), stack(strconv.Itoa(i)), programs) })
	}
	opening.Wait()
	for i, w := range all {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		t.Cleanup(func() { w.Close(context.Background()) })
	}
	return all
}
