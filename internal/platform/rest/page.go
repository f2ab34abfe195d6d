package rest

import (
	"encoding/base64"
	"reflect"
	"strconv"

	"turnup/internal/base/fault"
)

var problemType = reflect.TypeFor[Problem]()

// Cursor encodes where the next page begins; empty in, empty out.
func Cursor(position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(position))
}

// Position decodes a cursor. The position is only ever used inside the caller's own partition.
func Position(cursor string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) > 512 {
		return "", fault.ErrCursor.Naming("query.cursor", "not a cursor of this API")
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
