// Package sandbox is a payment service provider that answers like Stripe
// (API version 2023-10-16), for local runs and tests.
//
// It is a real HTTP server with state: unmodified stripe-go v76 talks to it
// once its backend URL points here, a person or a script pays on its hosted
// pages, and it delivers signed webhooks. Money never moves and cards are the
// public test cards only; of a card it keeps brand, last four digits, expiry,
// a fingerprint and the behaviour, never the number or the security code.
//
// It is not a copy of Stripe: it serves the resources of README.md and refuses
// every parameter it does not implement, as Stripe refuses unknown ones, so
// that nothing is silently ignored. Prices, subscriptions, invoices, disputes
// and Connect are not here. Above Stripe's own API there is a control API
// under /_sandbox/ to make it fail, delay, duplicate, reorder and forget.
package sandbox
