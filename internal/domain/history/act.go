package history

import "strings"

// staffPrefix begins the actors who are of the operator's staff.
const staffPrefix = "staff:"

// Staff tells who of the staff made an entry true; empty when it was nobody of them.
func (e Entry) Staff() string {
	who, ok := strings.CutPrefix(e.Actor, staffPrefix)
	if !ok {
		return ""
	}
	return who
}
