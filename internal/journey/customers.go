package journey

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"turnup/internal/base/id"
	"turnup/internal/base/token"
	"turnup/internal/journey/demo"
	"turnup/internal/platform/secrets"
)

// Account registers a mail address, confirms it if asked to, and signs in. There is no profile yet.
func (s Site) Account(ctx context.Context, email string, verified bool) (*Customer, string, error) {
	if verified {
		c, in, err := s.Verified(ctx, email)
		return c, in.AccountID, err
	}
	if _, err := s.RegisterAccount(ctx, email, ""); err != nil {
		return nil, "", err
	}
	c, in, err := s.Login(ctx, email, Password, "")
	return c, in.AccountID, err
}

// SignIn is a customer with a session of now: its token says what the account is now.
func (s Site) SignIn(ctx context.Context, customer string) (*Customer, error) {
	const key = "token-signing-key"
	found, err := secrets.Read(ctx, ssm.NewFromConfig(s.AWS()), s.Secrets, key)
	if err != nil {
		return nil, err
	}
	signer, err := token.NewSigner(found[key])
	if err != nil {
		return nil, err
	}
	is, err := s.DB().Customer(ctx, demo.Tenant, id.Customer(customer))
	if err != nil {
		return nil, err
	}
	c := s.Visitor()
	c.Token, _, err = signer.Access(token.Claims{Tenant: demo.Tenant, Country: is.Country, Pending: is.Pending()}, customer, token.CustomerAudience, time.Now(), token.SessionLifetime)
	return c, err
}

// What the operations on customers answer.
type (
	// CustomerView answers getCustomer and updateCustomer.
	CustomerView struct {
		CustomerID, Status, Pending, Username, Email, Name, Phone, Country, Language, Tier string
		MarketingConsent                                                                   bool
		Address                                                                            *struct{ Line1, Line2, PostalCode, City, Region, Country string }
		RegisteredAt, VerifiedAt, ProfiledAt                                               time.Time
	}
	// CustomerPage answers listCustomers.
	CustomerPage struct {
		Customers  []CustomerView
		NextCursor string
	}
	// Stages answers getCustomerJourney.
	Stages struct {
		Current string
		Stages  []struct {
			Number          int
			Stage           string
			FirstAt, LastAt time.Time
		}
	}
	// HistoryPage answers listHistory.
	HistoryPage struct {
		Entries []struct {
			EventID, What, Who, Why, CorrelationID, CausationID string
			At                                                  time.Time
			Data                                                map[string]any
		}
		NextCursor string
	}
)

// Profile is a valid profile of somebody in Berlin.
func Profile(name string) map[string]any {
	return map[string]any{"name": name, "phone": "+4930123456", "language": "en",
		"address": map[string]any{"line1": strings.ToUpper(name[:1]) + name[1:] + "-Allee 1", "postalCode": "10117", "city": "Berlin", "country": "DE"}}
}

// Patch changes something.
func (c *Customer) Patch(ctx context.Context, path string, body any, headers ...Header) (Answer, error) {
	return c.Call(ctx, http.MethodPatch, path, body, headers...)
}

// Delete removes something.
func (c *Customer) Delete(ctx context.Context, path string) (Answer, error) {
	return c.Call(ctx, http.MethodDelete, path, nil)
}
