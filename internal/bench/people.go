package main

import (
	"context"
	"net/http"
	"net/url"

	"turnup/internal/base/event"
	"turnup/internal/journey"
)

// people lets somebody come by mail address, complete and change a profile and leave again, while the staff looks on.
func (s *stage) people(ctx context.Context) error {
	email, err := s.confirmed(ctx)
	if err != nil {
		return err
	}
	session, err := s.login(ctx, "login", email, journey.Password, "")
	if err != nil {
		return err
	}
	if err := s.request(ctx, request{name: "createCustomer", function: "customers", method: http.MethodPost, path: "/customers", body: journey.Profile("Bench"), want: http.StatusCreated}); err != nil {
		return err
	}
	if err := s.recordHistory(ctx); err != nil {
		return err
	}
	if _, err := s.refresh(ctx, "refreshSession", session.RefreshToken); err != nil { // whose token knows of the profile
		return err
	}
	const one = "/customers/{customerId}"
	path := "/customers/" + url.PathEscape(s.customer)
	if err := s.request(ctx, request{name: "updateCustomer", function: "customers", method: http.MethodPatch, path: path, route: one, body: map[string]any{"phone": "+4930654321"}, want: http.StatusOK}); err != nil {
		return err
	}
	if err := s.reads(ctx,
		request{name: "getCustomer", function: "customers", path: path, route: one},
		request{name: "getCustomerJourney", function: "customers", path: path + "/journey", route: one + "/journey"},
		request{name: "listCustomers", function: "customers", path: "/customers?limit=10", route: "/customers", staff: true},
		request{name: "listCustomers, by mail address", function: "customers", path: "/customers?email=nobody@example.com", route: "/customers", staff: true},
		request{name: "listHistory", function: "customers-admin", path: "/admin" + path + "/history", route: "/admin" + one + "/history", staff: true}); err != nil {
		return err
	}
	if err := s.protect(ctx, email); err != nil {
		return err
	}
	if err := s.manage(ctx); err != nil {
		return err
	}
	return s.leave(ctx, path, one)
}

// recordHistory records the new customer, and something that is no stage of a journey.
func (s *stage) recordHistory(ctx context.Context) error {
	_, registered, err := s.batch(ctx, event.TypeCustomerRegistered)
	if err != nil {
		return err
	}
	if err := s.consume(ctx, "on-history, stages", "on-history", registered); err != nil {
		return err
	}
	_, paid, err := s.batch(ctx, event.TypeOrderPaid)
	if err != nil {
		return err
	}
	return s.consume(ctx, "on-history", "on-history", paid)
}

// leave erases the customer, who has a card and a cart.
func (s *stage) leave(ctx context.Context, path, route string) error {
	if _, _, err := s.enterCard(ctx, setUp, card); err != nil {
		return err
	}
	if _, err := s.add(ctx, setUp, "", stick); err != nil {
		return err
	}
	if err := s.request(ctx, request{name: "deleteCustomer", function: "customers", method: http.MethodDelete, path: path, route: route, want: http.StatusOK}); err != nil {
		return err
	}
	_, erased, err := s.batch(ctx, event.TypeCustomerErased)
	if err != nil {
		return err
	}
	return s.consume(ctx, "on-erasure", "on-erasure", erased)
}
