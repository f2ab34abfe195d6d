package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

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
		staff = account{"desk." + strings.ToLower(journey.Key()[:8]) + "@example.com", journey.Password}
		admin, err := t.site.Staff(ctx, token.RoleAdmin)
		if err != nil {
			return "", err
		}
		a, err := admin.Post(ctx, "/admin/staff", journey.Key(), map[string]any{"email": staff.name, "name": "Grace Example", "roles": token.Roles})
		if err == nil && a.Status != http.StatusCreated {
			err = fmt.Errorf("%d %s", a.Status, a.Raw)
		}
		if err != nil {
			return "", err
		}
		link, err := t.site.AwaitLink(ctx, staff.name, "/invitation", 1, 20*time.Second)
		if err != nil {
			return "", err
		}
		a, err = t.site.Visitor().Post(ctx, "/auth/reset-password", journey.Key(), map[string]any{"token": link, "password": staff.password})
		if err == nil && a.Status != http.StatusOK {
			err = fmt.Errorf("%d %s", a.Status, a.Raw)
		}
		return staff.name + " may do everything", err
	})
	return customer, staff, err
}
