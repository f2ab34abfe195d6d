package store

import (
	"fmt"
	"testing"
	"time"

	"turnup/internal/base/clock"
	"turnup/internal/base/event"
	"turnup/internal/base/fault"
	"turnup/internal/base/id"
	"turnup/internal/base/once"
	"turnup/internal/domain/notice"
)

func record(tenant id.Tenant, e id.Event) notice.Record {
	return notice.Record{Tenant: tenant, Customer: "cus_1", Event: e, Key: "welcome.cus_1", Kind: notice.KindWelcome, Language: "de", Correlation: "journey",
		Status: notice.Sending, TriggeredAt: noon, TriedAt: noon.Add(time.Second)}
}

// S3-149: one delivery of an event sends its mail; others wait, or find it sent; a claim that nothing came of is open again,
// and so is one whose try failed. Tries are counted.
func TestClaimMail(t *testing.T) {
	_, tenant := fresh(t)
	now := clock.At(noon)
	db := New(client, prefix, now)
	claim := func(int) error {
		_, err := db.ClaimMail(t.Context(), record(tenant, "evt_1"), time.Minute)
		return err
	}
	same(t, "ends", at(20, claim), map[string]int{"": 1, fault.ErrUnavailable.Code: 19})
	now.Advance(59 * time.Second)
	want(t, claim(0), fault.ErrUnavailable)
	now.Advance(2 * time.Second) // the one who had it is gone
	same(t, "ends", at(5, claim), map[string]int{"": 1, fault.ErrUnavailable.Code: 4})
	for _, last := range []bool{false, true} { // the mailer did not take it
		ok(t, db.TriedMail(t.Context(), record(tenant, "evt_1").Tried(noon, "", notice.ErrMailer, last)))
		ok(t, claim(0))
	}
	r := record(tenant, "evt_2")
	for tries := 1; tries <= 2; tries++ {
		claimed, err := db.ClaimMail(t.Context(), r, time.Minute)
		ok(t, err)
		same(t, "attempts", claimed.Attempts, tries)
		same(t, "status", claimed.Status, notice.Sending)
		ok(t, db.TriedMail(t.Context(), claimed.Tried(noon, "", notice.ErrMailer, false)))
	}
	ok(t, db.TriedMail(t.Context(), r.Tried(noon.Add(time.Minute), "ses-"+string(tenant), nil, false)))
	now.Advance(24 * time.Hour)
	_, err := db.ClaimMail(t.Context(), r, time.Minute)
	want(t, err, once.ErrHandled)
}

// S3-149: a mail that came back is found by what the mailer calls it, and says so once.
func TestMailCameBack(t *testing.T) {
	db, tenant := fresh(t)
	message := "ses-" + string(tenant)
	_, err := db.MailSent(t.Context(), message)
	want(t, err, fault.ErrNotFound)
	claimed, err := db.ClaimMail(t.Context(), record(tenant, "evt_1"), time.Minute)
	ok(t, err)
	sent := claimed.Tried(noon, message, nil, false)
	ok(t, db.TriedMail(t.Context(), sent))
	found, err := db.MailSent(t.Context(), message)
	ok(t, err)
	same(t, "found", found, sent)
	back, _ := found.CameBack(notice.Permanent, noon)
	announced := event.New(t.Context(), tenant, noon, event.MailBounced{CustomerID: "cus_1", Mail: sent.Key, Kind: "permanent"})
	ends := at(5, func(int) error { return db.MailCameBack(t.Context(), found, back, announced) })
	same(t, "ends", ends, map[string]int{"": 1, fault.ErrUnavailable.Code: 4})
	again, err := db.MailSent(t.Context(), message)
	ok(t, err)
	same(t, "kept", again, back)
	same(t, "announced", len(batches(t, t.Context(), db, tenant)), 1)
}

// S3-148: what was mailed about an account is listed newest first, a page at a time, with its times.
func TestMailsArePaged(t *testing.T) {
	db, tenant := fresh(t)
	for i := range 5 {
		r := record(tenant, id.Event(fmt.Sprintf("evt_%d", i))).Tried(noon.Add(time.Minute), fmt.Sprintf("ses-%s-%d", tenant, i), nil, false)
		ok(t, db.TriedMail(t.Context(), r))
	}
	var seen []id.Event
	after, pages := "", 0
	for {
		page, next, err := db.Mails(t.Context(), tenant, "cus_1", after, 2)
		ok(t, err)
		for _, r := range page {
			seen = append(seen, r.Event)
			if r.Took() != time.Minute || !r.TriggeredAt.Equal(noon) {
				t.Errorf("%+v", r)
			}
		}
		if after, pages = next, pages+1; after == "" {
			break
		}
	}
	same(t, "events", seen, []id.Event{"evt_4", "evt_3", "evt_2", "evt_1", "evt_0"})
	if pages < 3 {
		t.Errorf("%d pages", pages)
	}
	others, _, err := db.Mails(t.Context(), tenant, "cus_2", "", 10)
	ok(t, err)
	same(t, "others", len(others), 0)
	_, _, err = db.Mails(t.Context(), tenant, "cus_1", "PROFILE", 2)
	want(t, err, fault.ErrCursor)
}
