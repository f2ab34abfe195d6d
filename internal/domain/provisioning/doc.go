// Package provisioning owns services: what a subscription runs on in the network. It decides in which order the network's systems
// are set up and taken down, which failures are worth another try, and what becomes of a service that cannot be finished.
// It does not own the contract (subscription), nor what the customer used (usage), nor the protocols of the systems (internal/external).
package provisioning
