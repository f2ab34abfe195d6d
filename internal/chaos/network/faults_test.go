package network

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// worlds are how many lives are played side by side, by all tests: they wait most of the time.
var worlds = func() chan struct{} {
	n, err := strconv.Atoi(os.Getenv("CHAOS_WORLDS"))
	if err != nil || n < 1 {
		n = 8
	}
	return make(chan struct{}, n)
}()

// recorded are the calls of an undisturbed life.
var recorded = sync.OnceValues(func() ([]Point, error) { return undisturbed(context.Background()) })

func pointsOf(t *testing.T) []Point {
	t.Helper()
	points, err := recorded()
	if err != nil {
		t.Fatal(err)
	}
	points = steady(points)
	if os.Getenv("CHAOS_POINTS") != "" {
		for i, p := range points {
			t.Logf("%3d %s", i, p)
		}
	}
	return points
}

// playAll plays runs side by side.
func playAll(t *testing.T, runs []Run) {
	t.Helper()
	only, began, n := os.Getenv("CHAOS_ONLY"), time.Now(), 0
	var playing sync.WaitGroup
	for _, r := range runs {
		if only != "" && !strings.Contains(r.String(), only) {
			continue
		}
		n++
		worlds <- struct{}{}
		playing.Go(func() {
			defer func() { <-worlds }()
			began := time.Now()
			if out, _ := Play(t.Context(), r); len(out) > 0 {
				t.Errorf("%s\n\t%s", r, strings.Join(out, "\n\t"))
			}
			if only != "" {
				t.Logf("%v: %s", time.Since(began).Round(time.Millisecond), r)
			}
		})
	}
	playing.Wait()
	t.Logf("%d runs in %v", n, time.Since(began).Round(time.Millisecond))
}

// R11, I11, S3-99, S3-103, S3-105, S3-137: at each call to a system of the network in provisioning, suspending, resuming and terminating, the system
// refuses, hangs, fails, loses the answer or lies, or the function crashes, once: the work ends as wanted, nothing is there twice
// (S3-53, S3-129), and nothing is left at the end.
func TestASystemMayFailOnce(t *testing.T) {
	t.Parallel()
	playAll(t, single(of(pointsOf(t), func(p Point) bool { return p.System != dynamo }), nil, true))
}

// R11, I11, S3-99, S3-103, S3-104, S3-105, S3-106: a system that goes on failing parks the work with step, system and code, which is told once; after the
// repair it goes on at that step, or all of it is undone and the money given back.
func TestASystemMayFailForGood(t *testing.T) {
	t.Parallel()
	playAll(t, lasting(pointsOf(t)))
}

// R2, I11: at each call to DynamoDB of each task, consumer, hook and operation of these works there is a failure before or after its
// effect, the process is killed between two, or another try is faster.
func TestTheDatabaseMayFail(t *testing.T) {
	t.Parallel()
	playAll(t, single(of(pointsOf(t), func(p Point) bool { return p.System == dynamo }), nil, false))
}

// R2, I11, S3-101, S3-104, S3-105: the same on the ways into and out of being parked: by the step, with what was paid given back; and by the machine,
// whose function crashes, with another try.
func TestTheWayBackMayFail(t *testing.T) {
	t.Parallel()
	known := pointsOf(t)
	for mode, giveUp := range map[Mode]bool{Refuse: true, KillBefore: false} {
		given := &Fault{Point{"provision cpe", acs, "GET /devices/", 1}, mode, true}
		out, points := Play(t.Context(), Run{Given: given, Cancel: giveUp})
		if len(out) > 0 {
			t.Fatalf("%s:\n\t%s", given, strings.Join(out, "\n\t"))
		}
		playAll(t, single(of(points, func(p Point) bool {
			switch {
			case p.System != dynamo || strings.HasPrefix(p.Function, "no work:") || strings.Contains(p.Function, "radius-hook"):
				return false
			case giveUp && (p.Function == "terminate settle" || p.Function == "terminate staff cancel"):
				return true
			}
			return strings.HasPrefix(p.Function, "provision ") && !slices.Contains(known, p)
		}), given, giveUp))
	}
}
