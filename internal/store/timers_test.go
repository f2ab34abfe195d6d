package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"turnup/internal/base/clock"
	"turnup/internal/base/id"
	"turnup/internal/domain/timer"
)

func watch(tenant id.Tenant, customer id.Customer, subject string, due time.Time) timer.Timer {
	return timer.Timer{Tenant: tenant, Customer: customer, Kind: timer.OrderWatch, Subject: subject, Due: due}
}

func set(t *testing.T, db *DB, w timer.Timer) {
	t.Helper()
	tx := db.tx()
	tx.setTimer(w)
	ok(t, tx.commit(t.Context()))
}

func clearOf(t *testing.T, db *DB, w timer.Timer) {
	t.Helper()
	tx := db.tx()
	tx.clearTimer(w.Tenant, w.Customer, w.Kind, w.Subject)
	ok(t, tx.commit(t.Context()))
}

// dueOf is what all shards have due for a tenant, in pages of the given size.
func dueOf(t *testing.T, db *DB, tenant id.Tenant, now time.Time, limit int32) (found []timer.Pending) {
	t.Helper()
	for shard := range TimerShards {
		var last *timer.Pending
		for more := true; more; {
			var page []timer.Pending
			var err error
			page, more, err = db.DueTimers(t.Context(), shard, now, last, limit)
			ok(t, err)
			for i, w := range page {
				if last = &page[i]; w.Tenant == tenant {
					found = append(found, w)
				}
			}
			more = more && len(page) > 0
		}
	}
	return found
}

// A customer has at most one timer of a kind and subject: setting it anew moves it, clearing it twice is harmless.
func TestTimersOfACustomer(t *testing.T) {
	db, tenant := fresh(t)
	a, b, other := watch(tenant, "cus_1", "ord_a", noon), watch(tenant, "cus_1", "ord_b", noon.Add(time.Nanosecond)), watch(tenant, "cus_2", "ord_a", noon)
	for _, w := range []timer.Timer{a, b, other} {
		set(t, db, w)
	}
	a.Due = noon.Add(time.Hour)
	set(t, db, a)
	got, err := db.Timers(t.Context(), tenant, "cus_1")
	ok(t, err)
	same(t, "timers", got, []timer.Pending{{Timer: a, Next: a.Due}, {Timer: b, Next: b.Due}})
	clearOf(t, db, b)
	clearOf(t, db, b)
	got, err = db.Timers(t.Context(), tenant, "cus_1")
	ok(t, err)
	same(t, "timers", got, []timer.Pending{{Timer: a, Next: a.Due}})
	if got, err = db.Timers(t.Context(), tenant, "cus_3"); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

// What is due is found in pages, to the nanosecond; what waits, and what is due by a test clock, is not.
func TestDueTimers(t *testing.T) {
	db, tenant := fresh(t)
	wanted := map[string]bool{}
	for i := range 60 {
		w := watch(tenant, "cus_1", fmt.Sprint("ord_", i), noon.Add(-time.Duration(i)*time.Minute))
		set(t, db, w)
		wanted[w.Subject] = true
	}
	set(t, db, watch(tenant, "cus_1", "later", noon.Add(time.Nanosecond)))
	byClock := watch(tenant, "cus_1", "by clock", noon.Add(-time.Hour))
	byClock.TestClock = "clk_1"
	set(t, db, byClock)
	for _, limit := range []int32{1, 3, 100} {
		left := len(wanted)
		for _, w := range dueOf(t, db, tenant, noon, limit) {
			if left--; !wanted[w.Subject] || !w.Next.Equal(w.Due) {
				t.Errorf("found %+v", w)
			}
		}
		if left != 0 {
			t.Errorf("pages of %d: %d not found, or found twice", limit, left)
		}
	}
	clearOf(t, db, byClock)
	byClock.TestClock = ""
	set(t, db, byClock)
	same(t, "due by the real time now", len(dueOf(t, db, tenant, noon, 100)), 61)
}

// R10: of those who see a timer, one announces it; whoever is late, or saw what has changed since, does not.
func TestLeaseTimer(t *testing.T) {
	db, tenant := fresh(t)
	w := watch(tenant, "cus_1", "ord_1", noon)
	set(t, db, w)
	seen := dueOf(t, db, tenant, noon, 10)[0]
	until := noon.Add(15 * time.Minute)
	var mu sync.Mutex
	won := 0
	same(t, "ends", at(8, func(int) error {
		got, err := db.LeaseTimer(t.Context(), seen, until)
		mu.Lock()
		defer mu.Unlock()
		if got {
			won++
		}
		return err
	}), map[string]int{"": 8})
	same(t, "who announce it", won, 1)
	same(t, "due during the lease", len(dueOf(t, db, tenant, until.Add(-1), 10)), 0)
	again := dueOf(t, db, tenant, until, 10)
	if len(again) != 1 || !again[0].Due.Equal(noon) || !again[0].Next.Equal(until) {
		t.Fatalf("after the lease: %+v", again)
	}
	w.Due = noon.Add(time.Hour)
	for i, change := range []func(*testing.T, *DB, timer.Timer){set, clearOf} {
		change(t, db, w)
		if got, err := db.LeaseTimer(t.Context(), again[0], until.Add(time.Hour)); got || err != nil {
			t.Errorf("set anew, cleared: %d: %v, %v", i, got, err)
		}
	}
	if got, err := db.Timers(t.Context(), tenant, "cus_1"); err != nil || len(got) != 0 { // a lease makes no row
		t.Errorf("%v, %v", got, err)
	}
}

// meter forwards to DynamoDB and counts queries, what they cost, and the rows they read.
type meter struct {
	mu            sync.Mutex
	queries, rows int
	units         float64
}

func metered(t *testing.T) (*DB, *meter) {
	t.Helper()
	m := &meter{}
	to, err := url.Parse(os.Getenv("TURNUP_ENDPOINT"))
	ok(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(r *http.Response) error {
		raw, err := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(raw))
		if strings.HasSuffix(r.Request.Header.Get("X-Amz-Target"), ".Query") {
			var out struct {
				ScannedCount     int
				ConsumedCapacity struct{ CapacityUnits float64 }
			}
			err = json.Unmarshal(raw, &out)
			m.mu.Lock()
			defer m.mu.Unlock()
			m.queries, m.rows, m.units = m.queries+1, m.rows+out.ScannedCount, m.units+out.ConsumedCapacity.CapacityUnits
		}
		return err
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Query") { // ask what it costs
			raw, _ := io.ReadAll(r.Body)
			raw = append([]byte(`{"ReturnConsumedCapacity":"TOTAL",`), raw[1:]...)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
			r.Header.Del("Content-Length")
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return New(clientOf(server.URL, 1), prefix, clock.System), m
}

// P4: what one tick reads follows what is due, not what waits: the same calls, rows and units for 50 due among 200 and
// among 5,000.
func TestWorkOfATickDoesNotGrow(t *testing.T) {
	db, tenant := fresh(t)
	far := time.Time{}.Add(time.Hour) // nobody is due then, not even contracts of which a test has half
	for i := range 50 {
		set(t, db, watch(tenant, "cus_1", fmt.Sprint("due_", i), far))
	}
	var first meter
	waiting := 0
	for _, n := range []int{150, 4800} {
		fill(t, db, tenant, waiting, n)
		waiting += n
		measured, m := metered(t)
		same(t, "due", len(dueOf(t, measured, tenant, far, 100)), 50)
		t.Logf("50 due among %d: %d queries, %d rows, %.1f units", waiting+50, m.queries, m.rows, m.units)
		if m.rows != 50 || m.queries != TimerShards {
			t.Errorf("%d queries read %d rows", m.queries, m.rows)
		}
		if first.queries == 0 {
			first.queries, first.rows, first.units = m.queries, m.rows, m.units
		}
		same(t, "work", []any{m.queries, m.rows, m.units}, []any{first.queries, first.rows, first.units})
	}
}

// fill writes timers that wait, 25 a call.
func fill(t *testing.T, db *DB, tenant id.Tenant, from, n int) {
	t.Helper()
	same(t, "filled", at(8, func(worker int) error {
		var batch []types.WriteRequest
		for i := from + worker; i < from+n; i += 8 {
			w := watch(tenant, id.Customer(fmt.Sprint("cus_", i%97)), fmt.Sprint("wait_", i), noon.AddDate(10, 0, 0))
			k := timerKey(w.Tenant, w.Customer, w.Kind, w.Subject)
			row, err := encode(k, timerRow{Timer: w, Bucket: dueBucket(k), At: sortable(w.Due)})
			if err != nil {
				return err
			}
			batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: row}})
			if len(batch) == 25 || i+8 >= from+n {
				if _, err := client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{*db.table(timers): batch}}); err != nil {
					return err
				}
				batch = nil
			}
		}
		return nil
	}), map[string]int{"": 8})
}
