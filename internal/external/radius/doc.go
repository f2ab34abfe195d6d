// Package radius speaks with RADIUS servers and NASes: it reads what FreeRADIUS asks and reports by rlm_rest, writes the answers,
// and changes or ends sessions at a NAS (RFC 5176).
//
// Who may dial in and how fast is decided elsewhere. The package freeradius beside it has the configuration of FreeRADIUS.
package radius
