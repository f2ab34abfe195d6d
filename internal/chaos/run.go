package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Run is one journey with at most one fault.
type Run struct {
	Journey  Journey
	Fault    *Fault
	Recovery Recovery
}

func (r Run) String() string {
	if r.Fault == nil {
		return r.Journey.Name + ", undisturbed"
	}
	return fmt.Sprintf("%s: %s; %s", r.Journey.Name, r.Fault, r.Recovery)
}

// Play plays a run with a new customer until everything is at rest, and answers what is wrong then: broken invariants,
// a customer without what they bought, a fault that never struck. points are the calls from the journey's From on.
func (w *World) Play(ctx context.Context, run Run) (points []Point, wrong []string, err error) {
	faults := slices.Clone(run.Journey.Given)
	if run.Fault != nil {
		faults = append(faults, *run.Fault)
	}
	w.Tape.Rewind(faults...)
	clear(w.lost)
	clear(w.blame)
	w.deaf = run.Recovery == Never && !run.Journey.Heard && (run.Fault == nil || run.Fault.Function != "stripe-webhook")
	if run.Fault != nil && strings.HasPrefix(run.Fault.Call, "AmazonSSM.") {
		w.cool(run.Fault.Function) // it reads its secrets at a start only
	}
	w.runs++
	caller := fmt.Sprintf("198.18.%d.%d", w.runs/250%250, w.runs%250+1)
	w.caller.Store(&caller)
	s := w.shopper(name(w.runs), run.Recovery)
	skipped, began := 0, run.Journey.From == ""
	for _, step := range run.Journey.Steps {
		if !began && step.Name == run.Journey.From {
			if err := w.calm(ctx); err != nil {
				return nil, append(wrong, err.Error()), nil
			}
			all, _ := w.Tape.Points()
			skipped, began = len(all), true
		}
		w.lossy = began && run.Recovery != Again // what leads to the journey is not to be lost, also where a call is slow
		if err := step.Do(ctx, s); err != nil {
			if !errors.Is(err, errGone) {
				wrong = append(wrong, fmt.Sprintf("the customer cannot %s: %v", step.Name, err))
			}
			break
		}
		if _, err := w.pump(ctx, false); err != nil {
			return nil, append(wrong, err.Error()), nil
		}
	}
	if err := w.settle(ctx, true); err != nil {
		wrong = append(wrong, err.Error())
	}
	if len(run.Journey.Given) > 0 {
		skipped = w.Tape.before(run.Journey.Given[0].Point)
	}
	w.mu.Lock()
	wrong, w.failed = append(wrong, w.failed...), nil
	w.mu.Unlock()
	points, missed := w.Tape.Points()
	for _, p := range missed {
		wrong = append(wrong, "the fault never struck: "+p.String())
	}
	b, err := w.Look(ctx)
	if err != nil {
		return nil, wrong, err
	}
	if s.Signup != "" && run.Recovery != Never {
		wrong = append(wrong, b.signedUp(s.Signup)...)
	} else if s.Order != "" {
		if err := s.Arrived(ctx); err != nil {
			wrong = append(wrong, err.Error())
		}
	} else if run.Recovery != Never && !run.Journey.Leaves {
		wrong = append(wrong, "the customer has no order")
	}
	w.doubtful = w.doubtful || run.Fault != nil && run.Fault.Function == "on-notifications"
	b.Doubtful = w.doubtful
	points = slices.DeleteFunc(points[min(skipped, len(points)):], func(p Point) bool {
		return len(run.Journey.Only) > 0 && !slices.Contains(run.Journey.Only, p.Function) && !slices.Contains(run.Journey.Only, p.Function+" "+p.Call)
	})
	return points, append(wrong, b.Broken()...), nil
}

// calm sees to it that nothing is on its way when a journey begins: on a slow machine a call can fail that nobody disturbed, and a message
// can be late. Time does not pass for that.
func (w *World) calm(ctx context.Context) error {
	for try := 0; ; try++ {
		rows, err := w.outboxRows(ctx)
		if err != nil {
			return err
		}
		left, err := w.left(ctx, false)
		if err != nil || len(rows)+left == 0 {
			return err
		}
		if try == 100 {
			return fmt.Errorf("chaos: before the journey begins %d rows and %d messages are left; tried in vain: %v", len(rows), left, w.blame)
		}
		time.Sleep(hiddenFor / 50)
		w.show(ctx)
		if _, err := w.pump(ctx, false); err != nil {
			return err
		}
	}
}

// Finish delivers the webhooks that were kept back, lets everything pass that has a deadline, checks the whole world once more, and clears it.
func (w *World) Finish(ctx context.Context) (wrong []string, err error) {
	w.Tape.Rewind()
	w.lossy, w.deaf = false, false
	w.mu.Lock()
	for _, h := range w.late {
		w.sign(h)
	}
	w.webhooks, w.late = append(w.webhooks, w.late...), nil
	w.mu.Unlock()
	if err := w.control(http.MethodPost, "clock", map[string]any{"advanceSeconds": 3600}, nil); err != nil {
		return nil, err
	}
	if err := w.settle(ctx, true); err != nil {
		wrong = append(wrong, err.Error())
	}
	b, err := w.Look(ctx)
	if err != nil {
		return wrong, err
	}
	b.Doubtful, b.Now = w.doubtful, b.Now.Add(time.Hour)
	return append(wrong, b.Broken()...), w.clear(ctx)
}

// clear makes the world as it was at first.
func (w *World) clear(ctx context.Context) error {
	if err := w.clearTables(ctx); err != nil {
		return err
	}
	w.Tape.forget()
	w.partner.forget()
	w.doubtful = false
	w.mu.Lock()
	w.webhooks, w.late = nil, nil
	w.mu.Unlock()
	w.hidden, w.ahead = nil, 0
	for name, r := range w.Template.Resources {
		if r.Type != "AWS::SQS::Queue" {
			continue
		}
		address, err := w.QueueURL(name)
		if err != nil {
			return err
		}
		if _, err := w.SQS.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: &address}); err != nil {
			return err
		}
	}
	if err := w.control(http.MethodPost, "reset", nil, nil); err != nil {
		return err
	}
	return w.inOrder()
}

func (w *World) clearTables(ctx context.Context) error {
	tables, err := w.tables()
	for _, name := range tables {
		if err := w.empty(ctx, name); err != nil {
			return err
		}
	}
	return err
}

// Record plays a journey undisturbed and answers its calls, each function's secrets read anew.
func (w *World) Record(ctx context.Context, j Journey) ([]Point, error) {
	for name := range w.runners {
		w.cool(name)
	}
	points, wrong, err := w.Play(ctx, Run{Journey: j, Recovery: j.first()})
	if err == nil && len(wrong) > 0 {
		err = fmt.Errorf("chaos: %s fails undisturbed: %s", j.Name, strings.Join(wrong, "\n"))
	}
	// what a clock invokes looks for work over and over: the first look stands for all
	scheduled := w.Scheduled()
	return slices.DeleteFunc(points, func(p Point) bool {
		return p.Call == "DynamoDB.Query" && p.Nth > 1 && slices.Contains(scheduled, p.Function)
	}), err
}

// Plan lists the runs of a journey: every point in every mode with every recovery, or, thinned, every point once, with
// modes and recoveries in turns; a journey that is for some modes has each of them at every point.
func Plan(j Journey, points []Point, whole bool) (runs []Run) {
	recoveries := Recoveries
	if len(j.Given) > 0 {
		recoveries = []Recovery{j.first()} // without it, what is given leads elsewhere
	}
	for i, p := range points {
		modes := slices.DeleteFunc(slices.Clone(Modes), func(m Mode) bool {
			return !m.possible(p) || len(j.Modes) > 0 && !slices.Contains(j.Modes, m)
		})
		for m, mode := range modes {
			for r, recovery := range recoveries {
				if whole || (len(j.Modes) > 0 || i%len(modes) == m) && (i/len(modes)+i)%len(recoveries) == r {
					runs = append(runs, Run{Journey: j, Fault: &Fault{p, mode}, Recovery: recovery})
				}
			}
		}
	}
	return slices.Clip(runs)
}
