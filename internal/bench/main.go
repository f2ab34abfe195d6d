// Command bench measures Turnup against the bars of its quality document: AWS and PSP calls and DynamoDB capacity per
// operation, sizes of the programs, and starts. It wants the environment of a freshly deployed local stack (make bench)
// and exits 1 when a must is missed. README.md beside this file says what each figure means.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"turnup/internal/plant"
	"turnup/internal/rig"
)

// errMissed ends the command with 1 after the table was printed.
var errMissed = errors.New("a must is missed")

func main() {
	calls := flag.Bool("calls", false, "also list every call of every operation")
	timers := flag.Int("timers", manyTimers, "how many rows the larger table of timers has")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	if err := run(ctx, os.Stdout, *calls, *timers); err != nil {
		fmt.Fprintln(os.Stderr, "✗", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, calls bool, timers int) error {
	folder, err := os.MkdirTemp("", "turnup-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := rig.Build(ctx, folder, "turnup/internal/bench/hello"); err != nil {
		return err
	}
	functions, smallest, err := sizesOf(folder)
	if err != nil {
		return err
	}
	network, at, parameters, err := openPlant()
	if err != nil {
		return err
	}
	defer func() { at.Close(); _ = network.Close() }()
	s, err := rig.Open(ctx, rig.Options{Name: "bench", Queues: true, Parameters: parameters})
	if err != nil {
		return err
	}
	network.Point(plant.Hook{URL: "http://127.0.0.1:1/radius", Secret: s.NASSecret(plant.NAS), NetboxToken: s.Secrets["netbox-token"]}) // what FreeRADIUS asks is asked by hand
	defer s.Close(context.WithoutCancel(ctx))                                                                                           // after an interrupt as well
	m := newMeter()
	cloud, err := m.proxy(s.Endpoint, false)
	if err != nil {
		return err
	}
	defer cloud.Close()
	psp, err := m.proxy(s.PSP, true)
	if err != nil {
		return err
	}
	defer psp.Close()
	env := func(function string) ([]string, error) { return s.Env(function, cloud.URL, psp.URL) }
	played, more, err := playAll(ctx, &stage{site: s, plant: network, meter: m, programs: folder, env: env, functions: map[string]*rig.Function{}, cold: map[string][]call{}}, timers)
	if err != nil {
		return err
	}
	m.replaySecrets(true)
	times, err := startTimes(ctx, folder, env)
	if err != nil {
		return err
	}
	work, capacity, err := workFigures(played.measured)
	if err != nil {
		return err
	}
	figures := append(append(work, capacity...), sizeFigures(functions, smallest)...)
	transitions, err := provisioningFigure()
	if err != nil {
		return err
	}
	figures = append(append(append(figures, more...), transitions), startFigures(times, played.cold)...)
	polled, _ := played.consumers()
	costs, err := costFigures(played.measured, len(polled))
	if err != nil {
		return err
	}
	figures = append(figures, costs...)
	cpu, err := cpuFigures(ctx, played)
	if err != nil {
		return err
	}
	met, err := write(out, append(figures, cpu...))
	if calls {
		explain(out, played.measured)
	}
	if err == nil && !met {
		err = errMissed
	}
	return err
}

// playAll plays the journeys, then what many do at once, then a tick among few timers and among many, then looks at pages, and ends the
// functions it started.
func playAll(ctx context.Context, st *stage, timers int) (*stage, []figure, error) {
	defer st.close()
	if err := st.play(ctx); err != nil {
		return st, nil, err
	}
	figures, err := st.underLoad(ctx)
	if err != nil {
		return st, nil, err
	}
	ticks, err := st.ticksAmong(ctx, timers)
	if err != nil {
		return st, nil, err
	}
	pages, err := pageSpeed(ctx, st.programs, st.env)
	return st, append(append(figures, ticks...), pages...), err
}
