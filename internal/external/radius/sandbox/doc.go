// Package sandbox is a BNG with its RADIUS server, as one: it dials in as subscribers do, asks and reports over HTTP exactly as
// FreeRADIUS' rlm_rest does with the configuration in ../freeradius, meters traffic, and takes Disconnect and CoA requests over
// UDP (RFC 5176). README.md has the control API.
//
// It shares no code with the adapter, so that an error in one is not made up for by the other.
package sandbox
