package journey

import (
	"sync"
	"testing"

	jwt "github.com/golang-jwt/jwt/v5"

	"turnup/internal/base/token"
)

// each does something for every caller, at the same time: what they are answered does not depend on each other.
func each(callers map[string]string, do func(who, tok string)) {
	var all sync.WaitGroup
	for who, tok := range callers {
		all.Go(func() { do(who, tok) })
	}
	all.Wait()
}

// pending are customers for whom something is to be done first, by what it is.
func pending(t *testing.T, o owned) map[token.Pending]string {
	t.Helper()
	out := map[token.Pending]string{}
	for _, p := range []token.Pending{token.Verification, token.Profile} {
		out[p] = forge(t, o.id, func(c jwt.MapClaims, _ map[string]any) { c["pending"] = p })
	}
	return out
}
