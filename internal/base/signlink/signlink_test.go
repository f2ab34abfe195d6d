package signlink_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/signlink"
)

var (
	noon   = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	later  = noon.Add(30 * time.Minute)
	secret = func(b byte) string { return base64.StdEncoding.EncodeToString(slices.Repeat([]byte{b}, 32)) }
)

func keys(t testing.TB, text ...string) *signlink.Keys {
	t.Helper()
	k, err := signlink.ParseKeys(strings.Join(text, ","))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const (
	target = "https://shop.example/signup/demo/sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/return/register"
	page   = "https://people.example/register"
)

var params = map[string]string{"client": "demo", "signup": "sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", "customer": "cus_01JD3Q6V6K8M4H0WZ0V5Q3Y1XB", "outcome": "success"}

func sign(t testing.TB, k *signlink.Keys, partner string, p signlink.Purpose, to string, params map[string]string, until time.Time) string {
	t.Helper()
	link, err := k.Sign(partner, p, to, params, until)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(link, to+"?")
}

// S2-09, S2-10, S2-12, S2-13, S2-16: a link of either direction says who sent it, what for and with which parameters.
func TestLinksOfBothDirections(t *testing.T) {
	k := keys(t, "crm:crm1:"+secret(1), "cash:cash1:"+secret(2))
	for _, c := range []struct {
		partner, to string
		p           signlink.Purpose
	}{{"crm", page, signlink.Page("register")}, {"cash", target, signlink.Back("payment-profile")}} {
		got, err := k.Verify(c.p, c.to, sign(t, k, c.partner, c.p, c.to, params, later), noon)
		if err != nil || got.Partner != c.partner || got.Purpose != c.p || !got.Expires.Equal(later) || len(got.Params) != len(params) || got.Params["customer"] != params["customer"] {
			t.Errorf("%s: got %+v, %v", c.p, got, err)
		}
	}
}

// X4, S2-15, S2-16: no link that was changed in any way is accepted: bytes flipped, parameters left out, added, doubled, put into another order
// or encoded otherwise, the hash of another link, the key of another partner, another purpose, another target.
func TestNoAlteredLinkIsAccepted(t *testing.T) {
	k := keys(t, "crm:crm1:"+secret(1), "cash:cash1:"+secret(2))
	p := signlink.Back("register")
	good := sign(t, k, "crm", p, target, params, later)
	others := []string{sign(t, k, "crm", p, target, map[string]string{"client": "demo", "signup": "sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XZ"}, later), sign(t, k, "crm", p, target, params, later.Add(time.Second)),
		sign(t, k, "cash", p, target, params, later), sign(t, k, "crm", signlink.Page("register"), target, params, later), sign(t, k, "crm", p, page, params, later),
		sign(t, keys(t, "crm:crm1:"+secret(9)), "crm", p, target, params, later)}
	if _, err := k.Verify(p, target, good, noon); err != nil {
		t.Fatal("the good one is refused: ", err)
	}
	random := rand.New(rand.NewPCG(7, 7))
	tried, seen := 0, map[string]bool{good: true}
	for tried < 20_000 {
		how := random.IntN(len(mutations))
		bad := mutations[how](random, good, others[random.IntN(len(others))])
		if seen[bad] {
			continue
		}
		seen[bad] = true
		tried++
		for _, query := range []string{bad, normalised(t, bad)} {
			if query == good { // what a gateway's own decoding has made the same again
				continue
			}
			if _, err := k.Verify(p, target, query, noon); !errors.Is(err, signlink.ErrInvalid) {
				if query == others[1] || query == others[2] { // whole and right by themselves: of another time, of another partner
					continue
				}
				t.Fatalf("mutation %d is accepted: %s (%v)", how, query, err)
			}
		}
	}
}

// normalised is a query as it is when somebody decoded it before us.
func normalised(t *testing.T, raw string) string {
	t.Helper()
	values, err := url.ParseQuery(raw)
	if err != nil {
		return raw
	}
	query, err := signlink.Query(values)
	if err != nil {
		return raw
	}
	return query
}

var mutations = []func(r *rand.Rand, good, other string) string{
	func(r *rand.Rand, good, _ string) string { // a bit
		b := []byte(good)
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		return string(b)
	},
	func(r *rand.Rand, good, _ string) string { // a byte inserted
		i := r.IntN(len(good) + 1)
		return good[:i] + string(rune(33+r.IntN(94))) + good[i:]
	},
	func(r *rand.Rand, good, _ string) string { // some bytes dropped
		i, n := r.IntN(len(good)), 1+r.IntN(4)
		return good[:i] + good[min(i+n, len(good)):]
	},
	func(r *rand.Rand, good, _ string) string { // another order
		pairs := strings.Split(good, "&")
		r.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		return strings.Join(pairs, "&")
	},
	func(r *rand.Rand, good, other string) string { // doubled, with the same or another value, before or behind
		pairs, more := strings.Split(good, "&"), strings.Split(good+"&"+other, "&")
		return strings.Join(slices.Insert(pairs, r.IntN(len(pairs)+1), more[r.IntN(len(more))]), "&")
	},
	func(r *rand.Rand, good, _ string) string { // encoded otherwise
		i := r.IntN(len(good))
		return good[:i] + fmt.Sprintf("%%%02X", good[i]) + good[i+1:]
	},
	func(r *rand.Rand, good, other string) string { // swapped with another link
		a, b := strings.Split(good, "&"), strings.Split(other, "&")
		for i := range a {
			if i < len(b) && r.IntN(2) == 0 {
				a[i] = b[i]
			}
		}
		return strings.Join(a, "&")
	},
	func(r *rand.Rand, good, _ string) string { // a parameter added
		return fmt.Sprintf("p%d=%d&%s", r.IntN(1000), r.IntN(1000), good)
	},
	func(r *rand.Rand, good, _ string) string { // capitals
		b := []byte(good)
		i := r.IntN(len(b))
		b[i] = strings.ToUpper(string(b[i]))[0]
		return string(b)
	},
	func(r *rand.Rand, good, _ string) string { // another hash
		sum := make([]byte, 32)
		for i := range sum {
			sum[i] = byte(r.IntN(256))
		}
		return good[:strings.LastIndex(good, "=")+1] + base64.RawURLEncoding.EncodeToString(sum)
	},
}

// X4: what is right by itself is refused elsewhere and for something else, with no key, and without a hash.
func TestLinksAreForOnePlaceAndPurpose(t *testing.T) {
	k, p := keys(t, "crm:crm1:"+secret(1)), signlink.Back("register")
	good := sign(t, k, "crm", p, target, params, later)
	withoutHash, _, _ := strings.Cut(good, "&hash=")
	for name, c := range map[string]struct {
		k         *signlink.Keys
		p         signlink.Purpose
		to, query string
	}{
		"other direction": {k, signlink.Page("register"), target, good},
		"other step":      {k, signlink.Back("payment-profile"), target, good},
		"other target":    {k, p, page, good},
		"other port":      {k, p, strings.Replace(target, "shop.example", "shop.example:8443", 1), good},
		"plain http":      {k, p, strings.Replace(target, "https", "http", 1), good},
		"other signup":    {k, p, strings.Replace(target, "Y1XA", "Y1XB", 1), good},
		"unknown key":     {keys(t, "crm:crm2:"+secret(1)), p, target, good},
		"other secret":    {keys(t, "crm:crm1:"+secret(3)), p, target, good},
		"no hash":         {k, p, target, withoutHash},
		"empty hash":      {k, p, target, withoutHash + "&hash="},
		"nothing":         {k, p, target, ""},
		"only a hash":     {k, p, target, "&hash=" + strings.Repeat("A", 43)},
	} {
		if got, err := c.k.Verify(c.p, c.to, c.query, noon); !errors.Is(err, signlink.ErrInvalid) || got.Params != nil {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

// X4, S2-16: links stay good while keys are rotated, and end with their key.
func TestRotationWithOverlap(t *testing.T) {
	p := signlink.Back("register")
	before, joined := keys(t, "crm:crm1:"+secret(1)), keys(t, "crm:crm1:"+secret(1), "crm:crm2:"+secret(2))
	turned, after := keys(t, "crm:crm2:"+secret(2), "crm:crm1:"+secret(1)), keys(t, "crm:crm2:"+secret(2))
	old, fresh := sign(t, joined, "crm", p, target, params, later), sign(t, turned, "crm", p, target, params, later)
	for name, c := range map[string]struct {
		k     *signlink.Keys
		query string
		good  bool
	}{
		"old at first": {before, old, true}, "old while both": {joined, old, true}, "old after the turn": {turned, old, true}, "old at the end": {after, old, false},
		"new at first": {before, fresh, false}, "new while both": {joined, fresh, true}, "new after the turn": {turned, fresh, true}, "new at the end": {after, fresh, true},
	} {
		if _, err := c.k.Verify(p, target, c.query, noon); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// S2-17: an expired link is told from a wrong one, and says what it was for; a wrong one that is old as well is only wrong.
func TestExpiry(t *testing.T) {
	k, p := keys(t, "crm:crm1:"+secret(1)), signlink.Back("register")
	good := sign(t, k, "crm", p, target, params, later)
	if _, err := k.Verify(p, target, good, later.Add(-time.Second)); err != nil {
		t.Error("a second before:", err)
	}
	got, err := k.Verify(p, target, good, later)
	if !errors.Is(err, signlink.ErrExpired) || got.Params["signup"] != params["signup"] || got.Partner != "crm" {
		t.Errorf("got %+v, %v", got, err)
	}
	longer := strings.Replace(good, fmt.Sprint(later.Unix()), fmt.Sprint(later.Add(time.Hour).Unix()), 1)
	if _, err := k.Verify(p, target, longer, later); !errors.Is(err, signlink.ErrInvalid) {
		t.Error("an expiry that was put off:", err)
	}
}

// X4: behind a gateway that decodes parameters, doubles are still refused.
func TestDecodedParameters(t *testing.T) {
	k, p := keys(t, "crm:crm1:"+secret(1)), signlink.Back("register")
	values, err := url.ParseQuery(sign(t, k, "crm", p, target, params, later))
	if err != nil {
		t.Fatal(err)
	}
	query, err := signlink.Query(values)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Verify(p, target, query, noon); err != nil {
		t.Error(err)
	}
	for name := range values {
		twice := url.Values{}
		for n, v := range values {
			twice[n] = v
		}
		twice[name] = append([]string{values.Get(name)}, values.Get(name))
		if _, err := signlink.Query(twice); !errors.Is(err, signlink.ErrInvalid) {
			t.Errorf("%s twice: %v", name, err)
		}
	}
}

func TestKeysAreChecked(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "no kid": "crm:" + secret(1), "short": "crm:k1:" + base64.StdEncoding.EncodeToString(make([]byte, 31)), "no base64": "crm:k1:!!!",
		"one kid twice": "crm:k1:" + secret(1) + ",cash:k1:" + secret(2), "odd name": "c rm:k1:" + secret(1)} {
		if _, err := signlink.ParseKeys(text); err == nil || strings.Contains(err.Error(), secret(1)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	k := keys(t, "crm:crm1:"+secret(1))
	for name, c := range map[string]struct {
		partner, to string
		params      map[string]string
	}{"unknown partner": {"cash", page, nil}, "no target": {"crm", "people.example/register", nil}, "a query": {"crm", page + "?a=b", nil}, "our parameter": {"crm", page, map[string]string{"exp": "1"}}} {
		if link, err := k.Sign(c.partner, signlink.Page("register"), c.to, c.params, later); err == nil {
			t.Errorf("%s: %s", name, link)
		}
	}
}
