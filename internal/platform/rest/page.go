package rest

import (
	"encoding/base64"
	"reflect"
	"strconv"

	"turnup/internal/base/fault"
)

var problemType = reflect.TypeFor[Problem]()

// ErrCursor is answered to a cursor that this API did not give.
var ErrCursor = fault.New(fault.Invalid, "cursor_invalid", "The page you asked for does not exist. Start again from the first page.", "integrator")

// Cursor encodes where the next page begins; empty in, empty out.
func Cursor(position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(position))
}

// Position decodes a cursor. The position is only ever used inside the caller's own partition.
func Position(cursor string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) > 512 {
		return "", ErrCursor.Naming("query.cursor", "not a cursor of this API")
	}
	return string(raw), nil
}

// ETag renders a version as a strong entity tag (RFC 9110).
func ETag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// Matches checks an If-Match header against the current version; an absent header matches.
func Matches(ifMatch string, version int64) error {
	if ifMatch == "" || ifMatch == "*" || ifMatch == ETag(version) {
		return nil
	}
	return fault.ErrStale
}
