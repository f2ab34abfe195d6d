package journey

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"
)

// quick checks that 19 of 20 calls take less than a second each.
func quick(t *testing.T, what string, call func() Answer) {
	t.Helper()
	call() // the first one may meet a cold start
	took := make([]time.Duration, 20)
	for i := range took {
		began := time.Now()
		if a := call(); a.Status >= http.StatusMultipleChoices {
			t.Fatalf("%s: %d %s", what, a.Status, a.Raw)
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	if p95 := took[18]; p95 >= time.Second {
		t.Errorf("%s: the 95th percentile is %s: %v", what, p95, took)
	}
}

// S3-73: signing in, viewing invoices and signing out are answered within a second.
func TestS3QuickAnswers(t *testing.T) {
	ctx := context.Background()
	c, _, made := subscribed(t, "plan_stream-hd")
	i := must[Invoice](t)(c.AwaitInvoice(ctx, invoiceOf(made.Order.OrderID), "paid", 30*time.Second))
	for _, path := range []string{"/invoices", "/invoices/" + i.InvoiceID} {
		quick(t, path, func() Answer { return must[Answer](t)(c.Get(ctx, path)) })
	}
	quick(t, "the PDF", func() Answer { return must[Answer](t)(c.InvoicePDF(ctx, i.InvoiceID)) })
	email := newName() + "@example.com"
	_ = must[*Customer](t)(first(site.Resident(ctx, email)))
	var in []*Customer
	quick(t, "login", func() Answer {
		a := must[Answer](t)(site.Visitor().Post(ctx, "/auth/login", Key(), Credentials(email, Password, "")))
		v := site.Visitor()
		v.Token = into[struct{ AccessToken string }](t, a).AccessToken
		in = append(in, v)
		return a
	})
	quick(t, "logout", func() Answer {
		v := in[0]
		in = in[1:]
		return must[Answer](t)(v.Post(ctx, "/auth/logout", Key(), nil))
	})
}

func first[T, U any](v T, _ U, err error) (T, error) { return v, err }
