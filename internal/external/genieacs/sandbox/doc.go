// Package sandbox is an auto configuration server with routers behind it, that answers like the NBI of GenieACS (1.3.0-dev), for
// local runs and tests. It is a real HTTP server with state: tasks wait until a router informs, faults stay until they are
// removed, and a router that dials in tells so by a hook.
//
// It is no copy of GenieACS: it serves the calls and queries of README.md and refuses others, so that nothing is silently
// ignored. CWMP itself, virtual parameters, the UI and what presets and provisions do are not here. A control API under
// /_sandbox/ seeds routers and makes them and the NBI fail.
package sandbox
