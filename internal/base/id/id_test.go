package id_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/id"
)

var at = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func TestNewHasPrefixAndPattern(t *testing.T) {
	seen := map[id.Order]bool{}
	pattern := regexp.MustCompile(`^ord_[0-9A-HJKMNP-TV-Z]{26}$`)
	for range 1000 {
		o := id.New[id.Order](id.OrderPrefix, at)
		if !strings.HasPrefix(string(o), "ord_") || !pattern.MatchString(string(o)) || seen[o] {
			t.Fatal(o)
		}
		seen[o] = true
	}
	for _, bad := range []string{"", "ord_", "pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1XAA", "ord_01jd3q6v6k8m4h0wz0v5q3y1xa", "ord_01JD3Q6V6K8M4H0WZ0V5Q3Y1IL"} {
		if pattern.MatchString(bad) {
			t.Errorf("%q matches", bad)
		}
	}
}

func TestPrefixesAreDistinct(t *testing.T) {
	all := []string{id.CustomerPrefix, id.CartPrefix, id.ReferencePrefix, id.MethodPrefix, id.PaymentPrefix, id.OrderPrefix, id.SubscriptionPrefix, id.EventPrefix, id.EntryPrefix,
		id.TestClockPrefix, id.SessionPrefix, id.TicketPrefix, id.StaffPrefix, id.ServicePrefix, id.DiagnosisPrefix}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if strings.HasPrefix(a, b) || strings.HasPrefix(b, a) {
				t.Errorf("%s and %s can be taken for each other", a, b)
			}
		}
	}
}

// Ids sort by time, and Floor is not after any id made at its time or later.
func TestOrderInTime(t *testing.T) {
	var ids []string
	for ms := range 500 {
		ids = append(ids, string(id.New[id.Event](id.EventPrefix, at.Add(time.Duration(ms)*time.Millisecond))))
	}
	if !slices.IsSorted(ids) {
		t.Error("not in order of time")
	}
	floor := string(id.Floor[id.Event](id.EventPrefix, at.Add(250*time.Millisecond)))
	if ids[249] >= floor || ids[250] < floor {
		t.Errorf("%s is not between %s and %s", floor, ids[249], ids[250])
	}
	if len(floor) != len(ids[0]) {
		t.Error(floor)
	}
}

func TestSwap(t *testing.T) {
	p := id.New[id.Payment](id.PaymentPrefix, at)
	o := id.Swap[id.Order](p, id.PaymentPrefix, id.OrderPrefix)
	if string(o) != "ord_"+string(p)[4:] || id.Swap[id.Payment](o, id.OrderPrefix, id.PaymentPrefix) != p {
		t.Errorf("%s → %s", p, o)
	}
}
