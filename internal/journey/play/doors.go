package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"turnup/internal/base/token"
	"turnup/internal/journey"
)

// account is somebody who may sign in on pages.
type account struct{ name, password string }

// playDoors makes a customer with a contract and a member of the staff, for a person to look at the portal and the console as them.
func playDoors(ctx context.Context, t *narrator) (customer, staff account, err error) {
	err = t.step("a customer's account", func() (string, error) {
		customer.name = "demo." + strings.ToLower(journey.Key()[:8])
		customer.password = "staple-horse-" + customer.name
		c, _, err := t.site.Register(ctx, customer.name)
		if err != nil {
			return "", err
		}
		method, err := c.AddCard(ctx, card)
		if err != nil {
			return "", err
		}
		a, err := c.Post(ctx, "/subscriptions", journey.Key(), map[string]any{"planId": "plan_stream-hd", "paymentMethodId": method.PaymentMethodID})
		if err == nil && a.Status != http.StatusCreated {
			err = fmt.Errorf("%d %s", a.Status, a.Raw)
		}
		return customer.name + " has Stream HD", err
	})
	if err != nil {
		return customer, staff, err
	}
	err = t.step("a member of the staff", func() (string, error) {
		staff.password = journey.Password
		staff.name, err = t.site.Member(ctx, token.Roles...)
		return staff.name + " may do everything", err
	})
	return customer, staff, err
}
