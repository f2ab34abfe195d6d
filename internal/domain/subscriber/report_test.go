package subscriber_test

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"turnup/internal/base/civil"
	"turnup/internal/base/event"
	"turnup/internal/domain/subscriber"
)

var (
	noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	ada  = subscriber.Account{Tenant: "demo", Username: "ada@demo", Service: "svc_1", Subscription: "sub_1", Customer: "cus_1", DownKbps: 300000, UpKbps: 150000, Anchor: "2026-11-01"}
)

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// meter is an account as the store keeps it: it takes reports and keeps the periods that are over.
type meter struct {
	*testing.T
	account subscriber.Account
	live    subscriber.Live
	over    []subscriber.Period
	told    []event.Envelope
	quick   bool // does not compare what was known before with itself
}

// take takes a report, checks what is true of every one, and says whether it changed anything.
func (m *meter) take(r subscriber.Report, now time.Time) bool {
	known := func() string {
		if m.quick {
			return ""
		}
		return fmt.Sprintf("%+v", m.live)
	}
	was := known()
	is, events, changed := m.account.Record(m.Context(), m.live, r, now)
	if after := known(); after != was {
		m.Fatalf("what was known changed: %s, was %s", after, was)
	}
	if !changed {
		if is.Version != m.live.Version || !m.quick && fmt.Sprintf("%+v", is) != was || len(events) > 0 {
			m.Fatalf("nothing changed, but %+v, %v", is, events)
		}
		return false
	}
	if is.Version != m.live.Version+1 || is.From == "" || is.Until <= is.From {
		m.Fatalf("%+v after %s", is, was)
	}
	if m.live.From != "" && m.live.From != is.From {
		if is.From < m.live.Until {
			m.Fatalf("the period from %s begins before the one until %s is over", is.From, m.live.Until)
		}
		m.over = append(m.over, subscriber.Period{From: m.live.From, Until: m.live.Until, Used: m.live.Used, Days: m.live.Days})
	}
	m.live, m.told = is, append(m.told, events...)
	sum := subscriber.Volume{}
	for day, v := range is.Days {
		if day < is.From || day >= is.Until {
			m.Fatalf("%s is not in [%s, %s)", day, is.From, is.Until)
		}
		sum.Up, sum.Down = sum.Up+v.Up, sum.Down+v.Down
	}
	if sum != is.Used {
		m.Fatalf("the days have %+v, the period %+v", sum, is.Used)
	}
	return true
}

// total is what was used in all periods.
func (m *meter) total() (sum subscriber.Volume) {
	for _, p := range append(m.over, subscriber.Period{Used: m.live.Used}) {
		sum.Up, sum.Down = sum.Up+p.Used.Up, sum.Down+p.Used.Down
	}
	return sum
}

// online are the sessions that go on.
func (m *meter) online() (open []string) {
	for _, s := range m.live.Sessions {
		if s.Open() {
			open = append(open, s.UniqueID)
		}
	}
	slices.Sort(open)
	return open
}

// life is what a NAS tells of one session, in order, and what was used by it.
func life(r *rand.Rand, name string, began time.Time, most int64) (told []subscriber.Report, used subscriber.Volume, ends bool) {
	at, up, down := began, int64(0), int64(0)
	report := func(kind subscriber.Kind) {
		told = append(told, subscriber.Report{Kind: kind, UniqueID: name, ID: "i" + name, NAS: "bng1", Up: up, Down: down, Lasted: at.Sub(began), At: at})
	}
	report(subscriber.Start)
	for range r.Intn(8) {
		at, up, down = at.Add(time.Duration(1+r.Intn(7200))*time.Second), up+r.Int63n(most), down+r.Int63n(most)
		report(subscriber.Interim)
	}
	if ends = r.Intn(3) > 0; ends { // else the stop was lost
		at, up, down = at.Add(time.Duration(1+r.Intn(7200))*time.Second), up+r.Int63n(most), down+r.Int63n(most)
		report(subscriber.Stop)
		told[len(told)-1].Why = "User-Request"
	}
	return told, subscriber.Volume{Up: up, Down: down}, ends
}

// S3-119: whatever the order in which the reports of some sessions come, however often each, and with starts and interims lost, what was
// used and who is online is the same as when each came once and in order. Counters are over 32 bits, too.
func TestAnyOrder(t *testing.T) {
	const cases = 4000
	for seed := range int64(cases) {
		r := rand.New(rand.NewSource(seed))
		var told []subscriber.Report
		var used subscriber.Volume
		var open []string
		most := []int64{1000, 1 << 33, 1 << 50}[seed%3]
		begins := noon.Add(-time.Duration(r.Intn(36)) * time.Hour)
		for i := range 1 + r.Intn(4) {
			name := fmt.Sprint("s", i)
			reports, volume, ends := life(r, name, begins.Add(time.Duration(r.Intn(48))*time.Hour), most)
			last := len(reports) - 1
			for j, one := range reports {
				if j == last || r.Intn(10) > 0 { // what is lost on the way, but for the last, is made up by what comes later
					told = append(told, one)
				}
			}
			used.Up, used.Down = used.Up+volume.Up, used.Down+volume.Down
			if !ends {
				open = append(open, name)
			}
		}
		for range r.Intn(2 * len(told)) {
			told = append(told, told[r.Intn(len(told))])
		}
		r.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
		m := &meter{T: t, account: ada, quick: seed%50 > 0}
		for _, one := range told {
			m.take(one, noon.Add(72*time.Hour))
		}
		slices.Sort(open)
		if m.total() != used || fmt.Sprint(m.online()) != fmt.Sprint(open) {
			t.Fatalf("seed %d: used %+v, not %+v; online %v, not %v", seed, m.total(), used, m.online(), open)
		}
		before := m.live.Version
		for _, one := range told {
			if m.take(one, noon.Add(73*time.Hour)) {
				t.Fatalf("seed %d: told again, %+v changed something", seed, one)
			}
		}
		if m.live.Version != before {
			t.Fatalf("seed %d: version %d, was %d", seed, m.live.Version, before)
		}
	}
}

// S3-44, S3-119: over several periods nothing is counted twice or lost, periods follow each other, and 80 and 100 % are told of once in
// each in which they are reached.
func TestPeriodsInAnyOrder(t *testing.T) {
	for seed := range int64(1500) {
		r := rand.New(rand.NewSource(seed))
		m := &meter{T: t, account: ada, quick: seed%50 > 0}
		m.account.Anchor = civil.Date(fmt.Sprintf("2026-%02d-%02d", 1+r.Intn(12), 1+r.Intn(28)))
		m.account.CapBytes = 40_000_000
		var told []subscriber.Report
		var used subscriber.Volume
		for i := range 6 {
			reports, volume, _ := life(r, fmt.Sprint("s", i), noon.Add(time.Duration(r.Intn(80*24))*time.Hour), 10_000_000)
			told = append(told, reports...)
			used.Up, used.Down = used.Up+volume.Up, used.Down+volume.Down
		}
		slices.SortStableFunc(told, func(a, b subscriber.Report) int { return a.At.Compare(b.At) })
		for i := range told { // some come late, and twice
			if j := i + r.Intn(min(5, len(told)-i)); r.Intn(2) == 0 {
				told[i], told[j] = told[j], told[i]
			}
		}
		now := noon
		for _, one := range told {
			if one.At.After(now) {
				now = one.At
			}
			for range 1 + r.Intn(2) {
				m.take(one, now.Add(time.Second))
			}
		}
		if m.total() != used {
			t.Fatalf("seed %d: %+v, not %+v", seed, m.total(), used)
		}
		want := map[string]int{}
		for _, p := range append(m.over, subscriber.Period{From: m.live.From, Used: m.live.Used}) {
			for _, share := range []int64{80, 100} {
				if (p.Used.Up+p.Used.Down)*100 >= m.account.CapBytes*share {
					want[fmt.Sprint(p.From, " ", share)] = 1
				}
			}
		}
		got := map[string]int{}
		for _, e := range m.told {
			var reached event.UsageReached
			if err := event.Decode(e, &reached); err != nil {
				t.Fatal(err)
			}
			got[fmt.Sprint(reached.From, " ", reached.Percent)]++
		}
		same(t, fmt.Sprint("told, seed ", seed), got, want)
	}
}

func report(kind subscriber.Kind, session string, at time.Time, up, down int64) subscriber.Report {
	return subscriber.Report{Kind: kind, UniqueID: session, ID: "i" + session, NAS: "bng1", Up: up, Down: down, At: at}
}

// S3-44: exactly at the share, both at once when it is leapt over, and anew in the next period; without a volume nothing is told.
func TestUsageReached(t *testing.T) {
	m := &meter{T: t, account: ada}
	m.account.CapBytes = 1_000_000
	for i, k := range []struct {
		at      time.Time
		up      int64
		reached string
	}{
		{noon, 799_999, "[]"}, {noon, 800_000, "[80]"}, {noon, 999_999, "[]"}, {noon, 1_000_000, "[100]"}, {noon, 5_000_000, "[]"},
		{noon.AddDate(0, 1, 0), 5_799_999, "[]"}, {noon.AddDate(0, 1, 0), 6_700_000, "[80 100]"},
	} {
		m.told = nil
		m.take(report(subscriber.Interim, "a", k.at, k.up, 0), k.at)
		reached := []int{}
		for _, e := range m.told {
			var u event.UsageReached
			if err := event.Decode(e, &u); err != nil || u.SubscriptionID != "sub_1" || u.CustomerID != "cus_1" || u.CapBytes != 1_000_000 || u.UsedBytes != m.live.Used.Up || u.From != string(m.live.From) {
				t.Errorf("%+v, %v", u, err)
			}
			reached = append(reached, u.Percent)
		}
		same(t, fmt.Sprint("report ", i), reached, k.reached)
	}
	m = &meter{T: t, account: ada}
	m.take(report(subscriber.Interim, "a", noon, 1<<40, 1<<40), noon)
	same(t, "without a volume", len(m.told), 0)
}

// S3-43: a period is over at midnight UTC, on the anchor's day or the last of a shorter month, and a session that goes on counts from
// there; what is told late of the period before counts in the present one.
func TestRollOver(t *testing.T) {
	day := func(month time.Month, d, h, min, s int) time.Time {
		return time.Date(2027, month, d, h, min, s, 0, time.UTC)
	}
	m := &meter{T: t, account: ada}
	m.account.Anchor = "2026-12-31"
	for _, k := range []struct {
		at    time.Time
		up    int64
		from  civil.Date
		until civil.Date
		used  int64
		days  map[civil.Date]int64
	}{
		{day(1, 30, 23, 59, 59), 100, "2026-12-31", "2027-01-31", 100, map[civil.Date]int64{"2027-01-30": 100}},
		{day(1, 31, 0, 0, 0), 150, "2027-01-31", "2027-02-28", 50, map[civil.Date]int64{"2027-01-31": 50}},
		{day(1, 30, 23, 59, 59), 170, "2027-01-31", "2027-02-28", 70, map[civil.Date]int64{"2027-01-31": 70}}, // late
		{day(2, 27, 23, 59, 59), 180, "2027-01-31", "2027-02-28", 80, map[civil.Date]int64{"2027-01-31": 70, "2027-02-27": 10}},
		{day(2, 28, 0, 0, 0), 190, "2027-02-28", "2027-03-31", 10, map[civil.Date]int64{"2027-02-28": 10}},
		{day(3, 31, 0, 0, 1), 200, "2027-03-31", "2027-04-30", 10, map[civil.Date]int64{"2027-03-31": 10}},
		{day(9, 1, 0, 0, 0), 210, "2027-08-31", "2027-09-30", 10, map[civil.Date]int64{"2027-09-01": 10}}, // months without use are no periods
	} {
		zone := time.FixedZone("", 14*3600) // whatever the zone it is written in
		m.take(report(subscriber.Interim, "a", k.at.In(zone), k.up, 0), k.at)
		days := map[civil.Date]int64{}
		for d, v := range m.live.Days {
			days[d] = v.Up
		}
		same(t, k.at.String(), []any{m.live.From, m.live.Until, m.live.Used.Up, days}, []any{k.from, k.until, k.used, k.days})
	}
	// a NAS whose clock is ahead does not begin a period that has not begun
	m.take(report(subscriber.Interim, "a", day(10, 1, 0, 0, 5), 220, 0), day(9, 29, 23, 59, 0))
	same(t, "ahead", []any{m.live.From, m.live.Used.Up}, []any{"2027-08-31", 20})
	m = &meter{T: t, account: ada}
	m.account.Anchor = "" // not activated yet
	m.take(report(subscriber.Start, "a", noon, 0, 0), noon)
	same(t, "without an anchor", []any{m.live.From, m.live.Until, m.live.Tenant, m.live.Username}, []any{"2026-11-02", "2026-12-02", "demo", "ada@demo"})
}

// S3-52, S3-120: whoever is in with an account that is barred is told of with each report, until they are out.
func TestBarredButIn(t *testing.T) {
	m := &meter{T: t, account: ada}
	m.take(report(subscriber.Start, "a", noon, 0, 0), noon)
	same(t, "not barred", len(m.told), 0)
	m.account.Barred = "non_payment"
	m.take(report(subscriber.Interim, "a", noon.Add(time.Minute), 1, 1), noon)
	m.take(report(subscriber.Interim, "a", noon.Add(time.Minute), 1, 1), noon) // the same again
	m.take(report(subscriber.Start, "b", noon.Add(time.Minute), 0, 0), noon)
	same(t, "told", len(m.told), 2)
	for _, e := range m.told {
		var changed event.AccessChanged
		if err := event.Decode(e, &changed); err != nil {
			t.Fatal(err)
		}
		same(t, "access", changed, event.AccessChanged{ServiceID: "svc_1", CustomerID: "cus_1", Username: "ada@demo", Barred: "non_payment", DownKbps: 300000, UpKbps: 150000})
	}
	m.take(report(subscriber.Stop, "a", noon.Add(2*time.Minute), 1, 1), noon)
	m.take(report(subscriber.Interim, "a", noon.Add(time.Minute), 1, 1), noon)
	same(t, "told of who is out", len(m.told), 2)
}

// What we ended by mistake goes on when the NAS goes on to tell of it, half a minute later; what the NAS itself ended does not. The NAS's
// word for the end counts more than ours.
func TestRevive(t *testing.T) {
	start := func() *meter {
		m := &meter{T: t, account: ada}
		m.take(report(subscriber.Start, "a", noon, 0, 0), noon)
		m.live, _ = m.live.End(func(subscriber.Session) bool { return true }, "acked", noon.Add(time.Minute))
		return m
	}
	m := start()
	m.take(report(subscriber.Interim, "a", noon.Add(90*time.Second), 10, 10), noon)
	same(t, "on its way when it ended", []any{m.live.Online(), m.live.Used, m.live.Sessions[0].Why}, []any{0, subscriber.Volume{Up: 10, Down: 10}, "acked"})
	m.take(report(subscriber.Interim, "a", noon.Add(91*time.Second), 20, 10), noon)
	same(t, "going on", []any{m.live.Online(), m.live.Used.Up, m.live.Sessions[0].Why}, []any{1, 20, ""})
	m = start()
	m.take(report(subscriber.Stop, "a", noon.Add(50*time.Second), 30, 10), noon)
	m.take(report(subscriber.Interim, "a", noon.Add(time.Hour), 99, 99), noon)
	s := m.live.Sessions[0]
	same(t, "stopped", []any{m.live.Online(), s.Ended, s.Stopped, m.live.Used}, []any{0, noon.Add(50 * time.Second), true, subscriber.Volume{Up: 30, Down: 10}})
}

// What is kept of a session: how the NAS knows it, since when it is, where it is, and how it ended; a late start makes it older.
func TestSession(t *testing.T) {
	m := &meter{T: t, account: ada}
	r := report(subscriber.Interim, "a", noon.Add(time.Hour), 5, 7)
	r.Lasted, r.Address = 59*time.Minute, "100.64.10.1"
	m.take(r, noon)
	m.take(report(subscriber.Start, "a", noon, 0, 0), noon)
	stop := report(subscriber.Stop, "a", noon.Add(2*time.Hour), 6, 8)
	stop.Why = "Lost-Carrier"
	m.take(stop, noon)
	same(t, "session", m.live.Sessions[0], subscriber.Session{UniqueID: "a", ID: "ia", NAS: "bng1", Address: "100.64.10.1", Began: noon, Seen: noon.Add(2 * time.Hour), Up: 6, Down: 8,
		Ended: noon.Add(2 * time.Hour), Why: "Lost-Carrier", Stopped: true})
}

// Of the sessions that ended the last twenty are kept, of those that go on all. The one that was just told of is kept, however old, so
// that what comes twice is counted once.
func TestForget(t *testing.T) {
	m := &meter{T: t, account: ada}
	m.take(report(subscriber.Start, "open", noon, 0, 0), noon)
	for i := range 50 {
		name := fmt.Sprint("s", i)
		stop := report(subscriber.Stop, name, noon.Add(time.Duration(i)*time.Minute), 10, 0)
		m.take(stop, noon)
		m.take(stop, noon)
	}
	names := []string{}
	for _, s := range m.live.Sessions {
		names = append(names, s.UniqueID)
	}
	if len(names) != 21 || names[0] != "open" || names[1] != "s30" || names[20] != "s49" {
		t.Errorf("kept: %v", names)
	}
	late := report(subscriber.Stop, "late", noon.Add(-time.Hour), 10, 0)
	m.take(late, noon)
	if m.take(late, noon) {
		t.Error("a late one that comes twice changed something twice")
	}
	same(t, "used", []any{m.live.Used.Up, len(m.live.Sessions)}, []any{510, 21})
	next, _ := m.live.End(func(subscriber.Session) bool { return true }, "NAS restarted", noon.Add(2*time.Hour))
	same(t, "kept after the last ended", []any{len(next.Sessions), next.Online()}, []any{20, 0})
}
