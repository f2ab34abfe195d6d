package token

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"turnup/internal/base/id"
)

// Refresh is a refresh token: one turn of one session. It is not stored anywhere: the same turn gives the same token, and
// whether it is the session's present turn is for the session's row to say.
type Refresh struct {
	Tenant  id.Tenant   `json:"tenant"`
	Account id.Customer `json:"-"` // the subject
	Session id.Session  `json:"sid"`
	Turn    int64       `json:"turn"` // from 1; each refresh is the next one
	Expires time.Time   `json:"-"`
}

type refreshClaims struct {
	Refresh
	jwt.RegisteredClaims
}

// RefreshToken signs a refresh token. It says nothing of when it was made, so that the same turn gives the same token.
func (s *Signer) RefreshToken(r Refresh) (string, error) {
	c := refreshClaims{r, registered(string(r.Account), refreshAudience, r.Expires, r.Expires)}
	c.IssuedAt = nil
	return s.sign(c, refreshType)
}

// Refresh checks a refresh token. Every failure is ErrInvalid.
func (v *Verifier) Refresh(raw string) (Refresh, error) {
	var c refreshClaims
	if err := v.parse(raw, refreshType, &c, refreshAudience); err != nil {
		return Refresh{}, err
	}
	if err := v.sound(c.Tenant, c.RegisteredClaims); err != nil {
		return Refresh{}, err
	}
	if c.Session == "" || c.Turn < 1 {
		return Refresh{}, ErrInvalid.Because(errors.New("no session or turn"))
	}
	c.Refresh.Account, c.Refresh.Expires = id.Customer(c.Subject), c.ExpiresAt.Time
	return c.Refresh, nil
}
