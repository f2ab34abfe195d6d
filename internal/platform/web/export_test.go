package web

import "time"

// Seal makes a cookie's value as the runtime does.
func (c *Cookies) Seal(name, value string, until time.Time) string { return c.seal(name, value, until) }
