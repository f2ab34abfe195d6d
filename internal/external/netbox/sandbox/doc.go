// Package sandbox answers like NetBox 4.6, as far as the provisioning of fibre services needs it: devices and interfaces of the
// DCIM, prefixes and addresses of the IPAM. A real HTTP server with state in memory, for tests and local runs, with a control API
// under /_sandbox/ that fills it, shows it and makes it fail. README.md lists all of it.
package sandbox
