package journey

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"

	"turnup/internal/platform/rest"
)

// workingLine gives a customer a fibre line that works, and a report of its health.
func workingLine(t *testing.T, c *Customer, customer string) (r resident, diagnosis string) {
	t.Helper()
	ctx, h := t.Context(), NewHome()
	if err := site.AddHome(ctx, h); err != nil {
		t.Fatal(err)
	}
	r = resident{Customer: c, home: h, order: must[PlanOrder](t)(c.OrderAt(ctx, "plan_fibre-300", h.Location))}
	fund(t, customer, r.order.Total.Minor)
	payByWallet(t, c, r.order.OrderID)
	r.subscription = r.order.SubscriptionIDs[0]
	r.service = "svc_" + strings.TrimPrefix(r.subscription, "sub_")
	_ = r.becomes(t, "active")
	asked := must[Answer](t)(c.Post(ctx, "/services/"+r.service+"/health-check", Key(), nil))
	return r, into[struct{ DiagnosisID string }](t, asked).DiagnosisID
}

// rowsOfLines are the rows of the access matrix for operations on lines and the network. What changes a line's life is for staff alone;
// of those who may, the first succeeds and the next meets a line that is in another state by then.
func rowsOfLines(o owned) map[string]row {
	at, contract, next := "/services/"+o.line.service, "/subscriptions/"+o.line.subscription, NewHome()
	nobodys := "/admin/webhook-endpoints/whe_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
	nowhere := "/admin/customers/" + o.id + "/invoices/inv_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA"
	attribute := func(kind string, value any) map[string]any {
		return map[string]any{"type": kind, "value": []any{value}}
	}
	nobody := map[string]any{"User-Name": attribute("string", "nobody@demo"), "NAS-Identifier": attribute("string", "matrix"), "Acct-Status-Type": attribute("integer", "Start"),
		"Acct-Session-Id": attribute("string", "0000A1F3"), "Acct-Unique-Session-Id": attribute("string", "29c8d2ae8c89799af76ca3c00614dab6")}
	return map[string]row{
		"qualifyAddress":           {"/service-qualification?country=DE&postcode=10115&street=Ringstrasse&houseNumber=0", nil, http.StatusOK, 0}, // which is not reached
		"provisionService":         {"/services/provision", map[string]any{"subscriptionId": o.line.subscription}, http.StatusNotFound, 0},
		"listServices":             {"/services", nil, http.StatusOK, 0}, // one's own, which are none
		"getService":               {at, nil, http.StatusNotFound, 0},
		"checkServiceHealth":       {at + "/health-check", nil, http.StatusNotFound, 0},
		"diagnoseService":          {at + "/diagnoses", map[string]any{"kind": "optical"}, http.StatusNotFound, 0},
		"listDiagnoses":            {at + "/diagnoses", nil, http.StatusNotFound, 0},
		"getDiagnosis":             {at + "/diagnoses/" + o.diagnosis, nil, http.StatusNotFound, 0},
		"renewSubscription":        {"/subscriptions/" + o.line.subscription + "/renew", nil, http.StatusNotFound, http.StatusConflict}, // is not due
		"holdSuspension":           {"/subscriptions/" + o.line.subscription + "/hold", map[string]any{"customerId": o.id, "until": "2040-01-01T00:00:00Z", "reason": "matrix"}, http.StatusNotFound, 0},
		"listPaymentMethods":       {"/payment-methods", nil, http.StatusOK, 0}, // one's own, which are none
		"setDefaultPaymentMethod":  {"/payment-methods/" + o.method.Reference + "/default", nil, http.StatusNotFound, 0},
		"removePaymentMethod":      {"/payment-methods/" + o.method.Reference, nil, http.StatusNotFound, http.StatusConflict}, // a contract is charged to it
		"setTaxExemption":          {"/admin/customers/" + o.newcomer + "/tax-exemption", map[string]any{"reason": "matrix"}, http.StatusNotFound, 0},
		"withdrawTaxExemption":     {"/admin/customers/" + o.newcomer + "/tax-exemption", nil, http.StatusNotFound, 0},
		"readBillingSettings":      {"/admin/billing-settings", nil, http.StatusOK, 0},                                          // one's own tenant's
		"putBillingSettings":       {"/admin/billing-settings", map[string]any{}, http.StatusBadRequest, http.StatusBadRequest}, // is not complete
		"listSignups":              {"/admin/signups", nil, http.StatusOK, 0},                                                   // one's own tenant's, as the four below
		"getSignup":                {"/admin/signups/sgn_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA", nil, http.StatusNotFound, http.StatusNotFound},
		"getSignupFlow":            {"/admin/signup-flows/new-business", nil, http.StatusOK, 0},
		"putSignupFlow":            {"/admin/signup-flows/new-business", map[string]any{}, http.StatusBadRequest, http.StatusBadRequest}, // is not complete
		"getSignupPartner":         {"/admin/signup-partners/turnup", nil, http.StatusOK, 0},
		"putSignupPartner":         {"/admin/signup-partners/matrix", map[string]any{}, http.StatusBadRequest, http.StatusBadRequest}, // is not complete
		"createWebhookEndpoint":    {"/admin/webhook-endpoints", map[string]any{}, http.StatusBadRequest, http.StatusBadRequest},      // is not complete
		"listWebhookEndpoints":     {"/admin/webhook-endpoints", nil, http.StatusOK, 0},                                               // one's own tenant's
		"getWebhookEndpoint":       {nobodys, nil, http.StatusNotFound, http.StatusNotFound},
		"putWebhookEndpoint":       {nobodys, map[string]any{}, http.StatusBadRequest, http.StatusBadRequest}, // is not complete
		"deleteWebhookEndpoint":    {nobodys, nil, http.StatusNotFound, http.StatusNotFound},
		"rotateWebhookSecret":      {nobodys + "/rotate-secret", nil, http.StatusNotFound, http.StatusNotFound},
		"testWebhookEndpoint":      {nobodys + "/test", nil, http.StatusNotFound, http.StatusNotFound},
		"replayWebhookEndpoint":    {nobodys + "/replay", map[string]any{"from": "2030-01-01T00:00:00Z", "until": "2030-01-02T00:00:00Z"}, http.StatusNotFound, http.StatusNotFound},
		"listWebhookDeliveries":    {nobodys + "/deliveries", nil, http.StatusNotFound, http.StatusNotFound},
		"retryWebhookDelivery":     {nobodys + "/deliveries/whd_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/retry", nil, http.StatusNotFound, http.StatusNotFound},
		"refundInvoice":            {nowhere + "/refunds", map[string]any{"amount": 1, "to": "wallet", "reason": "matrix"}, http.StatusNotFound, http.StatusNotFound},
		"listRefunds":              {nowhere + "/refunds", nil, http.StatusNotFound, http.StatusNotFound},
		"redirectRefund":           {nowhere + "/refunds/ref_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/to-wallet", nil, http.StatusNotFound, http.StatusNotFound},
		"verifyPayment":            {"/admin/payments/pay_01JD3Q6V6K8M4H0WZ0V5Q3Y1XA/verify", nil, http.StatusNotFound, http.StatusNotFound},
		"getUsage":                 {"/subscriptions/" + o.line.subscription + "/usage", nil, http.StatusNotFound, 0},
		"createSubscription":       {"/subscriptions", map[string]any{"planId": "plan_none"}, http.StatusConflict, http.StatusNotFound}, // a stranger has no card
		"beginUpgrade":             {"/signups", map[string]any{"subscriptionId": o.line.subscription, "planId": "plan_none"}, http.StatusNotFound, http.StatusNotFound},
		"forecastSubscription":     {contract + "/forecast", nil, http.StatusNotFound, 0},
		"previewCancellation":      {contract + "/cancellation", nil, http.StatusNotFound, 0},
		"quotePlanChange":          {contract + "/proration?planId=plan_fibre-1000", nil, http.StatusNotFound, 0},
		"changePlan":               {contract + "/change-plan", map[string]any{"planId": "plan_fibre-1000", "when": "period_end"}, http.StatusNotFound, 0},
		"keepPlan":                 {contract + "/change-plan", nil, http.StatusNotFound, 0},
		"cancelSubscription":       {contract + "/cancel", map[string]any{}, http.StatusNotFound, 0},
		"keepSubscription":         {contract + "/cancellation", nil, http.StatusNotFound, 0},
		"pauseSubscription":        {contract + "/pause", map[string]any{}, http.StatusNotFound, 0},
		"resumeSubscription":       {contract + "/resume", nil, http.StatusNotFound, 0},
		"revealServiceCredentials": {"/services/credentials", map[string]any{"token": "x"}, http.StatusBadRequest, 0},
		"activateService":          {at + "/activate", nil, http.StatusNotFound, 0}, // is active
		"suspendService":           {at + "/suspend", map[string]any{"reason": "matrix"}, http.StatusNotFound, http.StatusConflict},
		"resumeService":            {at + "/resume", map[string]any{}, http.StatusNotFound, http.StatusConflict},
		"terminateService":         {at + "/terminate", nil, http.StatusNotFound, 0},
		"setServiceSpeed":          {at + "/speed", map[string]any{"profile": map[string]any{"downKbps": 500_000, "upKbps": 250_000}}, http.StatusNotFound, http.StatusConflict}, // has ended by then
		"retryProvisioning":        {at + "/retry", nil, http.StatusNotFound, http.StatusConflict},                                                                               // nothing is parked
		"cancelProvisioning":       {at + "/cancel", nil, http.StatusNotFound, http.StatusConflict},
		"listParkedServices":       {"/admin/services/parked", nil, http.StatusOK, 0},                     // one's own tenant's
		"putLocation":              {"/admin/locations/" + next.Location, next.Place(), http.StatusOK, 0}, // makes one's own
		"readLocation":             {"/admin/locations/" + o.line.home.Location, nil, http.StatusNotFound, 0},
		"putMaintenance":           {"/admin/maintenance/matrix", map[string]any{"start": "2030-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z", "note": "matrix"}, http.StatusBadRequest, http.StatusBadRequest}, // has no length
		"listMaintenance":          {"/admin/maintenance", nil, http.StatusOK, 0},                                                                                                                                 // one's own tenant's
		"getMaintenance":           {"/admin/maintenance/matrix", nil, http.StatusNotFound, http.StatusNotFound},
		"withdrawMaintenance":      {"/admin/maintenance/matrix", nil, http.StatusNotFound, http.StatusNotFound},
		"authorizeSubscriber":      {"/radius/authorize", nobody, http.StatusForbidden, http.StatusUnauthorized}, // nobody may dial in
		"noteAuthentication":       {"/radius/post-auth", nobody, http.StatusForbidden, http.StatusNoContent},
		"accountSession":           {"/radius/accounting", nobody, http.StatusForbidden, http.StatusNoContent},
		"receiveLineAlarm": {"/network/onu-events", map[string]any{"deviceEvent": map[string]any{"deviceEventName": "ONU_DYING_GASP_EVENT", "context": map[string]any{"serial-number": "BBSM00000000"}}},
			http.StatusForbidden, http.StatusNoContent},
	}
}

// checkEquipment calls an operation for the operator's equipment as everybody: 403 to whoever has not its key in its place, also to who
// is signed in, and to other equipment; never 401, which FreeRADIUS would take for its answer to a subscriber.
func checkEquipment(t *testing.T, op rest.Op, r row, customer, staff string) {
	t.Helper()
	key, others := os.Getenv("TURNUP_RADIUS_KEY"), os.Getenv("TURNUP_ACCESS_KEY")
	if strings.HasPrefix(op.Path, "/network/") {
		key, others = others, key
	}
	if key == "" || others == "" || key == others {
		t.Fatal("the keys of the equipment are not known; this test would prove nothing")
	}
	send := func(token, key string) Answer {
		c, headers := site.Visitor(), []Header{}
		c.Token = token
		if key != "" {
			headers = append(headers, Header{rest.MachineHeader, key})
		}
		return must[Answer](t)(c.Call(context.Background(), op.Method, r.path, r.body, headers...))
	}
	for who, with := range map[string]struct{ token, key string }{"anonymous": {}, "wrong key": {"", strings.Repeat("x", len(key))}, "part of the key": {"", key[1:]}, "other equipment": {"", others},
		"key as a token": {key, ""}, "customer": {customer, ""}, "staff": {staff, ""}, "token as a key": {"", staff}} {
		if a := send(with.token, with.key); a.Status != r.foreign || a.Code() != rest.ErrMachine.Code {
			t.Errorf("%s, %s: %d %s", op.ID, who, a.Status, a.Code())
		}
	}
	if a := send("", key); a.Status != r.owner || a.Code() != "" {
		t.Errorf("%s, with the key: %d %s", op.ID, a.Status, a.Code())
	}
}
