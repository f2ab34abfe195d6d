package journey

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"turnup/internal/base/token"
	"turnup/internal/journey/demo"
	"turnup/internal/platform/secrets"
)

// Staff is a member of the operator's staff with the given roles, at the back office. Nobody signs staff in locally: the
// token is signed with the deployment's own key.
func (s Site) Staff(ctx context.Context, roles ...string) (*Customer, error) {
	const key = "token-signing-key"
	found, err := secrets.Read(ctx, ssm.NewFromConfig(s.AWS()), s.Secrets, key)
	if err != nil {
		return nil, err
	}
	signer, err := token.NewSigner(found[key])
	if err != nil {
		return nil, err
	}
	c := s.Visitor()
	c.Token, _, err = signer.StaffSession(demo.Tenant, "journey-"+strings.Join(roles, "-"), roles, time.Now())
	return c, err
}

// Member is a member of staff whom an administrator invited and who chose Password by the link of the mail. The mail address is answered.
func (s Site) Member(ctx context.Context, roles ...string) (email string, err error) {
	admin, err := s.Staff(ctx, token.RoleAdmin)
	if err != nil {
		return "", err
	}
	email = "desk." + strings.ToLower(Key()[:8]) + "@example.com"
	a, err := admin.Post(ctx, "/admin/staff", Key(), map[string]any{"email": email, "name": "Grace Example", "roles": roles})
	if err == nil && a.Status != http.StatusCreated {
		err = fmt.Errorf("journey: inviting answers %d %s", a.Status, a.Raw)
	}
	if err != nil {
		return "", err
	}
	link, err := s.AwaitLink(ctx, email, "/invitation", 1, 30*time.Second)
	if err != nil {
		return "", err
	}
	a, err = s.Visitor().Post(ctx, "/auth/reset-password", Key(), map[string]any{"token": link, "password": Password})
	if err == nil && a.Status != http.StatusOK {
		err = fmt.Errorf("journey: choosing a password answers %d %s", a.Status, a.Raw)
	}
	return email, err
}

// Put replaces something.
func (c *Customer) Put(ctx context.Context, path string, body any, headers ...Header) (Answer, error) {
	return c.Call(ctx, http.MethodPut, path, body, headers...)
}

// SetAccess calls setCustomerAccess, as staff.
func (c *Customer) SetAccess(ctx context.Context, customer, tier string, groups ...string) (Answer, error) {
	return c.Put(ctx, "/admin/customers/"+customer+"/access", map[string]any{"tier": tier, "groups": append([]string{}, groups...)})
}

// Plan is an entry of listPlans, and answers getPlan.
type Plan struct {
	PlanID, Name, Description, BillingPeriod string
	Price                                    Amount
}

// Plans calls listPlans until the end, a page of a size at a time.
func (c *Customer) Plans(ctx context.Context, limit string) ([]Plan, error) {
	var all []Plan
	cursor := ""
	for {
		var page struct {
			Plans      []Plan
			NextCursor string
		}
		a, err := c.Get(ctx, "/plans?"+url.Values{"limit": {limit}, "cursor": {cursor}}.Encode())
		if err == nil {
			err = a.Into(&page)
		}
		all = append(all, page.Plans...)
		if cursor = page.NextCursor; err != nil || cursor == "" {
			return all, err
		}
	}
}
