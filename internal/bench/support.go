package main

import (
	"context"
	"net/http"
)

// support is a customer's ticket, from its opening to its resolution, with what staff do with it.
func (s *stage) support(ctx context.Context) error {
	var opened struct{ TicketID string }
	err := s.request(ctx, request{name: "createTicket", function: "tickets", method: http.MethodPost, path: "/tickets", want: http.StatusCreated, answer: &opened,
		body: map[string]any{"subject": "No picture since this morning", "body": "The box says E-12.\nI have switched it off and on.", "category": "technical"}})
	if err != nil {
		return err
	}
	const route = "/tickets/{ticketId}"
	one := "/tickets/" + opened.TicketID
	say := func(name string, staff bool, body map[string]any) request {
		return request{name: name, method: http.MethodPost, path: one + "/messages", route: route + "/messages", body: body, want: http.StatusCreated, staff: staff}
	}
	for _, r := range []request{
		say("addTicketMessage", false, map[string]any{"body": "Now it says E-13."}),
		say("addTicketMessage, by staff", true, map[string]any{"body": "Please press the button at its back for five seconds."}),
		say("addTicketMessage, a note", true, map[string]any{"body": "Third one with this firmware today.", "internal": true}),
		{name: "updateTicket", method: http.MethodPatch, path: one, route: route, body: map[string]any{"priority": "high", "assignee": "bench"}, want: http.StatusOK, staff: true},
		{name: "getTicket", method: http.MethodGet, path: one, route: route, want: http.StatusOK},
		{name: "getTicket, by staff", method: http.MethodGet, path: one, route: route, want: http.StatusOK, staff: true},
		{name: "listTickets", method: http.MethodGet, path: "/tickets", want: http.StatusOK},
		{name: "listTickets, by staff", method: http.MethodGet, path: "/tickets", want: http.StatusOK, staff: true},
		{name: "resolveTicket", method: http.MethodPost, path: one + "/resolve", route: route + "/resolve", want: http.StatusOK},
	} {
		r.function = "tickets"
		if err := s.request(ctx, r); err != nil {
			return err
		}
	}
	return nil
}
