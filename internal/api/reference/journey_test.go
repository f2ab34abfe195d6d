package reference_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"turnup/internal/api/reference"
)

// S3-63: the endpoints of the fibre journey exist with exactly these methods and paths, whatever their parameters are called.
func TestEndpointsOfTheFibreJourney(t *testing.T) {
	listed := strings.Fields(`
		POST/auth/register POST/auth/verify-email POST/auth/login POST/auth/logout POST/auth/refresh POST/auth/enable-2fa
		POST/customers GET/customers GET/customers/{id} PATCH/customers/{id} DELETE/customers/{id}
		POST/subscriptions GET/subscriptions GET/subscriptions/{id} POST/subscriptions/{id}/cancel POST/subscriptions/{id}/change-plan POST/subscriptions/{id}/renew
		GET/subscriptions/{id}/proration GET/subscriptions/{id}/usage
		GET/invoices GET/invoices/{id} POST/invoices/{id}/pay GET/invoices/{id}/pdf GET/invoices/upcoming
		POST/services/provision POST/services/{id}/activate POST/services/{id}/suspend POST/services/{id}/resume POST/services/{id}/terminate POST/services/{id}/health-check
		POST/tickets GET/tickets GET/tickets/{id} POST/tickets/{id}/messages POST/tickets/{id}/resolve`)
	if len(listed) != 35 {
		t.Fatalf("%d are listed", len(listed))
	}
	parameter := regexp.MustCompile(`\{[^}]+\}`)
	var there []string
	for _, op := range reference.Document().Operations() {
		there = append(there, op.Method+parameter.ReplaceAllString(op.Path, "{id}"))
	}
	for _, want := range listed {
		if !slices.Contains(there, want) {
			t.Errorf("there is no %s", want)
		}
	}
}
