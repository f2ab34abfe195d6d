package notifications_test

import (
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
	"turnup/internal/domain/notice"
	"turnup/internal/domain/provisioning"
)

// online is ada with a line that works, and a link that shows its password once.
func online() *store {
	s := ada()
	s.service = provisioning.Service{Tenant: "demo", ID: "svc_1", Customer: "cus_1", Name: "Fibre 300", State: provisioning.Active, Username: "1@demo", LinkNonce: "n", LinkUntil: noon.Add(provisioning.LinkFor)}
	return s
}

func activated() event.ServiceActivated {
	return event.ServiceActivated{ServiceChanged: event.ServiceChanged{ServiceID: "svc_1", CustomerID: "cus_1", Service: "Fibre 300"}, OrderID: "ord_1", First: true}
}

// S3-140: who can use a line for the first time is told the user name and gets a link to the password, good once and for a week; and the
// guide. The password itself is in no mail.
func TestActivationMail(t *testing.T) {
	m := sent(t, online(), activated())
	page, link := opened(t, m, token.AccessCredentials)
	if m.Kind != notice.KindServiceActivated || m.To != "ada@example.com" || page != "/service-credentials" || link.Account != "cus_1" || link.Nonce != "svc_1.n" || !link.Expires.Equal(noon.Add(7*24*time.Hour)) {
		t.Errorf("%s to %s, %s %+v", m.Kind, m.To, page, link)
	}
	if !strings.Contains(m.Text, "1@demo") || !strings.Contains(m.Text, "https://web.example.com/getting-started") {
		t.Errorf("user name or guide is missing:\n%s", m.Text)
	}
	if secret := provisioning.Key(strings.Repeat("k", 32)).Secret(online().service); strings.Contains(m.Text+m.HTML, secret) {
		t.Error("the mail has the password")
	}
	if m.Key != "service-activated.svc_1" {
		t.Error(m.Key)
	}
}

// S3-140: a link that was used, and a line that is no more, are not told of, nor is a line told of again.
func TestActivationIsToldOnce(t *testing.T) {
	again := activated()
	again.First = false
	silent(t, online(), again)
	used, gone := online(), online()
	used.service.LinkNonce, gone.service.State = "", provisioning.Terminated
	silent(t, used, activated())
	silent(t, gone, activated())
}

// S3-102: who waits for a line is told of a delay, once, and until when; what else gets stuck is the operator's alone.
func TestDelayMail(t *testing.T) {
	parked := event.ProvisioningParked{ServiceID: "svc_1", CustomerID: "cus_1", OrderID: "ord_1", Service: "Fibre 300", Kind: "provision", Step: "cpe", System: "genieacs", Code: "cpe_offline", Cause: "canary"}
	m := sent(t, online(), parked)
	if m.Kind != notice.KindProvisioningDelay || !strings.Contains(m.Text, "4 November 2026") || !strings.Contains(m.Text, "https://web.example.com/orders/ord_1") {
		t.Errorf("%s:\n%s", m.Kind, m.Text)
	}
	if strings.Contains(m.Text, "canary") || strings.Contains(m.Text, "genieacs") {
		t.Errorf("the mail has a system's words:\n%s", m.Text)
	}
	again, other := parked, parked
	again.Again, other.Kind = true, "terminate"
	silent(t, online(), again)
	silent(t, online(), other)
}

// A line that works again is told of.
func TestResumptionMail(t *testing.T) {
	m := sent(t, online(), event.ServiceResumed{ServiceChanged: event.ServiceChanged{ServiceID: "svc_1", CustomerID: "cus_1", Service: "Fibre 300"}})
	if m.Kind != notice.KindServiceResumed || !strings.Contains(m.Subject, "Fibre 300") {
		t.Errorf("%s: %s", m.Kind, m.Subject)
	}
}
