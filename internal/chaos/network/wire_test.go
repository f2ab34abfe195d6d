package network

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// Point is one call that a function makes: the nth of its name in this function since the line's life began.
type Point struct {
	Function string // with the work that is being done: "provision access"
	System   string
	Call     string
	Nth      int
}

func (p Point) String() string {
	return fmt.Sprintf("%s: %s, %s #%d", p.Function, p.System, p.Call, p.Nth)
}

// Mode is how a call goes wrong.
type Mode string

// The modes.
const (
	Refuse      Mode = "refuses the connection"
	Hang        Mode = "hangs"
	Fail        Mode = "fails before the effect"
	FailAfter   Mode = "fails after the effect"
	Lose        Mode = "loses the answer after the effect"
	Lie         Mode = "says that it did, and did not"
	KillBefore  Mode = "the function is killed before the call"
	KillAfter   Mode = "the function is killed after the effect"
	Twin        Mode = "another try of the same is faster"
	Ended       Mode = "the service is terminated meanwhile"
	EndedKilled Mode = "the service is terminated meanwhile, and the function killed after the effect"
)

// Fault is a call that goes wrong: once, or from then on all calls of the function to this system, until it is mended.
type Fault struct {
	Point
	Mode
	Lasting bool
}

func (f Fault) String() string {
	often := "once"
	if f.Lasting {
		often = "until it is mended"
	}
	return fmt.Sprintf("%s: %s, %s", f.Point, f.Mode, often)
}

// Wire sees every call that the functions of a world make, remembers them, and has them go wrong.
type Wire struct {
	terminate func() // has staff terminate the service, and all that follows done

	mu     sync.Mutex
	order  []Point
	count  map[Point]int
	faults []*strike
	rate   float64 // share of the calls that go wrong by chance
}

// strike is what became of a fault.
type strike struct {
	Fault
	struck bool
	lasts  bool // and is not mended yet
}

// Points are the calls so far.
func (w *Wire) Points() []Point {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Point{}, w.order...)
}

// Break sets the faults.
func (w *Wire) Break(faults ...*Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range faults {
		if f != nil {
			w.faults = append(w.faults, &strike{Fault: *f})
		}
	}
}

// Chance has a share of the calls to the network go wrong.
func (w *Wire) Chance(share float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rate = share
}

// Missed are the faults that were not met.
func (w *Wire) Missed() (missed []Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.faults {
		if !f.struck {
			missed = append(missed, f.Fault)
		}
	}
	return missed
}

// Mend ends the faults that last.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rate = 0
	for _, f := range w.faults {
		f.lasts = false
	}
}

// chances are the modes that come by chance.
var chances = []Mode{Refuse, Hang, Fail, Lose}

// meet counts a call and gives how it goes wrong, if it does. Only what writes can lie.
func (w *Wire) meet(in *invocation, system, call string, writes bool) Mode {
	if in.dead.Load() {
		runtime.Goexit()
	}
	if in.undisturbed {
		return ""
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	p := Point{in.function, system, call, 0}
	w.count[p]++
	p.Nth = w.count[p]
	w.order = append(w.order, p)
	if w.rate > 0 && system != dynamo && system != states && rand.Float64() < w.rate {
		return chances[rand.IntN(len(chances))]
	}
	for _, f := range w.faults {
		switch {
		case p == f.Point && !f.struck:
			f.struck, f.lasts = true, f.Lasting
		case !f.lasts || p.Function != f.Function || system != f.System:
			continue
		}
		if f.Mode != Lie || writes {
			return f.Mode
		}
	}
	return ""
}

// invocation is one run of a function. Its calls carry it in their context.
type invocation struct {
	wire        *Wire
	function    string
	again       func() // another try of the same, which nothing disturbs
	undisturbed bool
	dead        atomic.Bool
}

type invocationKey struct{}

func invocationOf(ctx context.Context) *invocation {
	in, _ := ctx.Value(invocationKey{}).(*invocation)
	return in
}

// invoke runs a function as a process would, and tells whether it was killed.
func invoke(ctx context.Context, in *invocation, run func(context.Context)) (killed bool) {
	over, lived := make(chan struct{}), false
	go func() {
		defer close(over)
		run(context.WithValue(ctx, invocationKey{}, in))
		lived = true
	}()
	<-over
	return !lived
}

// die ends the process at once.
func (in *invocation) die() {
	in.dead.Store(true)
	runtime.Goexit()
}

// way is how one kind of call can end.
type way struct {
	forward func(context.Context) error // has the effect
	refuse  error
	fail    func() error
	lose    error
	lie     func() error
}

// pass makes a call as a mode wants it.
func (in *invocation) pass(ctx context.Context, mode Mode, by way) error {
	switch mode {
	case Twin: // what was sent arrives, though nobody may wait for the answer any more
		in.again()
		ctx = context.WithoutCancel(ctx)
	case Ended, EndedKilled:
		in.wire.terminate()
		ctx = context.WithoutCancel(ctx)
	case KillBefore:
		in.die()
	case Refuse:
		return by.refuse
	case Hang:
		<-ctx.Done()
		return ctx.Err()
	case Fail:
		return by.fail()
	case Lie:
		return by.lie()
	}
	err := by.forward(ctx)
	switch mode {
	case KillAfter, EndedKilled:
		in.die()
	case FailAfter:
		return by.fail()
	case Lose:
		return by.lose
	}
	return err
}
