package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"sort"
	"time"
)

// storedKey is the answer an Idempotency-Key keeps.
type storedKey struct {
	Method      string    `json:"method"`
	Path        string    `json:"path"`
	Fingerprint string    `json:"fingerprint"`
	Status      int       `json:"status"`
	Body        []byte    `json:"body"`
	RequestID   string    `json:"requestID"`
	At          time.Time `json:"at"`
}

// keyLife is how long a key is remembered, by the sandbox's clock.
const keyLife = 24 * time.Hour

// fingerprint tells requests apart by their parameters, without card data.
func fingerprint(form url.Values) string {
	clean := withoutCard(form)
	keys := make([]string, 0, len(clean))
	for k := range clean {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	h := sha256.New()
	for _, k := range keys {
		for _, v := range clean[k] {
			h.Write([]byte(url.QueryEscape(k) + "=" + url.QueryEscape(v) + "&"))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// keyed decides what an idempotency key makes of a request: an answer to give
// at once, or nil when the request is to be carried out. In the second case the
// key is taken and the caller must free it. The lock is held.
func (s *Server) keyed(o *op, method, print string) *response {
	if len(o.key) > 255 {
		return s.refuse(o, badState("", "Idempotency-Key cannot be longer than 255 characters."))
	}
	if s.inflight[o.key] {
		return s.refuse(o, (&apiError{Status: http.StatusConflict, Type: typeInvalidRequest, Code: "idempotency_key_in_use",
			Message: "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, " +
				"and the other request is still going through): " + o.key + ". Please try again later."}).withDoc())
	}
	k := s.st.Keys[o.key]
	if k != nil && o.now.Sub(k.At) > keyLife {
		delete(s.st.Keys, o.key)
		k = nil
	}
	switch {
	case k == nil:
		s.inflight[o.key] = true
		return nil
	case k.Path != o.path || k.Method != method:
		return s.refuse(o, &apiError{Status: http.StatusBadRequest, Type: typeIdempotency,
			Message: "Keys for idempotent requests can only be used for the same endpoint they were first used for ('" + o.path + "' vs '" +
				k.Path + "'). Try using a key other than '" + o.key + "' if you meant to execute a different request."})
	case k.Fingerprint != print:
		return s.refuse(o, &apiError{Status: http.StatusBadRequest, Type: typeIdempotency,
			Message: "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '" +
				o.key + "' if you meant to execute a different request."})
	}
	r := s.jsonResponse(o, k.Status, k.Body)
	r.replayed = true
	r.header.Set("Idempotent-Replayed", "true")
	r.header.Set("Original-Request", k.RequestID)
	return r
}

// keep stores an answer under the request's key.
func (s *Server) keep(o *op, method, print string, r *response) {
	s.st.Keys[o.key] = &storedKey{Method: method, Path: o.path, Fingerprint: print, Status: r.status, Body: r.body,
		RequestID: o.requestID, At: o.now}
}

// forgetKeys drops what is older than a key's life.
func (s *Server) forgetKeys(now time.Time) {
	for key, k := range s.st.Keys {
		if now.Sub(k.At) > keyLife {
			delete(s.st.Keys, key)
		}
	}
}
