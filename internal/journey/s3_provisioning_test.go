package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/base/token"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
	"turnup/internal/journey/demo"
)

// within is how long work on the network may take here.
const within = time.Minute

// resident is a customer whose order of a fibre plan at a home is paid.
type resident struct {
	*Customer
	email, subscription, service string
	home                         Home
	order                        PlanOrder
}

// movesIn registers somebody by mail address, and has them order a fibre plan at a home and pay it.
func movesIn(t *testing.T, h Home) resident {
	t.Helper()
	r, customer := movingIn(t, h)
	r.ordersLine(t, customer)
	return r
}

// movingIn registers somebody by mail address who will live at a home.
func movingIn(t *testing.T, h Home) (r resident, customer string) {
	t.Helper()
	if err := site.AddHome(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	r = resident{email: newName() + "@example.com", home: h}
	var err error
	if r.Customer, customer, err = site.Resident(t.Context(), r.email); err != nil {
		t.Fatal(err)
	}
	return r, customer
}

// ordersLine has the resident order a fibre plan for the home, and pay it.
func (r *resident) ordersLine(t *testing.T, customer string) {
	t.Helper()
	r.order = must[PlanOrder](t)(r.OrderAt(t.Context(), "plan_fibre-300", r.home.Location))
	fund(t, customer, r.order.Total.Minor)
	payByWallet(t, r.Customer, r.order.OrderID)
	r.subscription = r.order.SubscriptionIDs[0]
	r.service = "svc_" + strings.TrimPrefix(r.subscription, "sub_")
}

// becomes waits until the service is in a state, and reads it as staff.
func (r resident) becomes(t *testing.T, state string) Service {
	t.Helper()
	must[Answer](t)(r.Await(t.Context(), "/services/"+r.service, within, func(a Answer) bool {
		var s Service
		if a.Into(&s) == nil && s.Delayed {
			t.Fatalf("the work got stuck: %+v", r.asStaff(t).Work)
		}
		return s.Status == state
	}))
	return r.asStaff(t)
}

func (r resident) asStaff(t *testing.T) Service {
	t.Helper()
	return into[Service](t, must[Answer](t)(staff(t, token.RoleNetwork).Get(t.Context(), "/services/"+r.service)))
}

// operate asks something of the service, as network operations.
func (r resident) operate(t *testing.T, what string, body any) Answer {
	t.Helper()
	return must[Answer](t)(staff(t, token.RoleNetwork).Post(t.Context(), "/services/"+r.service+"/"+what, Key(), body))
}

// seen is what the four systems have of a home and its service.
type seen struct {
	addresses []string // in the inventory, of the service
	onus      int      // in the inventory, recorded for the service
	up        bool     // traffic passes the ONU
	active    bool     // the ONU
	profiles  []string // of what the controller has at the ONU, up and down
	remoteID  string
	dialsAs   string // the router, by its management
	changes   int    // of the router's credentials
	line      *line  // at the BNG
}

type line struct {
	User    string
	Session *struct {
		FramedIP, Class    string
		UpKbps, DownKbps   int64
		UpBytes, DownBytes int64
	}
	Dials struct {
		Accepted, Refused, Unanswered int
		Last                          string
	}
	Ended []struct{ Terminated string }
}

// inNetwork looks at the four systems.
func inNetwork(t *testing.T, h Home, s Service) (n seen) {
	t.Helper()
	var inventory struct {
		Interfaces []struct{ Description string }
		Addresses  []struct{ Address, Status, Description string }
	}
	var access struct {
		ONUs []struct {
			Serial            string
			Active, ServiceUp bool
		}
		Services []struct{ Port, RemoteID, UpstreamBandwidthProfile, DownstreamBandwidthProfile string }
	}
	var devices struct {
		Devices []struct {
			ID, Username string
			Changes      int
		}
	}
	var bng struct{ Lines []line }
	for path, into := range map[string]any{"/netbox": &inventory, "/voltha": &access, "/genieacs": &devices, "/bng": &bng} {
		if err := site.Plant(t.Context(), http.MethodGet, path+"/_sandbox/state", nil, into); err != nil {
			t.Fatal(err)
		}
	}
	given := map[string]bool{}
	for _, a := range inventory.Addresses {
		if given[a.Address] {
			t.Errorf("%s is given twice", a.Address)
		}
		given[a.Address] = true
		if a.Description == s.ServiceID && a.Status == "active" {
			n.addresses = append(n.addresses, a.Address)
		}
	}
	for _, i := range inventory.Interfaces {
		if i.Description == s.ServiceID {
			n.onus++
		}
	}
	for _, o := range access.ONUs {
		if o.Serial == h.ONU {
			n.up, n.active = o.ServiceUp, o.Active
		}
	}
	for _, v := range access.Services {
		if strings.HasPrefix(v.Port, h.ONU) {
			n.profiles, n.remoteID = append(n.profiles, v.UpstreamBandwidthProfile, v.DownstreamBandwidthProfile), v.RemoteID
		}
	}
	for _, d := range devices.Devices {
		if d.ID == h.CPE {
			n.dialsAs, n.changes = d.Username, d.Changes
		}
	}
	for _, l := range bng.Lines {
		if l.User == s.Username {
			n.line = &l
		}
	}
	return n
}

// lineSecrets are secrets of lines that were shown, for the test of the logs at the end.
var lineSecrets []string

// authorized asks as FreeRADIUS does whether an account may dial in.
func authorized(t *testing.T, username string) (secret string, a Answer) {
	t.Helper()
	attribute := func(value string) map[string]any { return map[string]any{"type": "string", "value": []string{value}} }
	a = must[Answer](t)(site.Visitor().Call(t.Context(), http.MethodPost, "/radius/authorize", map[string]any{"User-Name": attribute(username), "NAS-Identifier": attribute("bng1")},
		Header{"x-api-key", os.Getenv("TURNUP_RADIUS_KEY")}))
	var lists map[string]struct{ Value []any }
	if a.Status == http.StatusOK {
		if err := json.Unmarshal(a.Raw, &lists); err != nil {
			t.Fatal(err)
		}
		secret = fmt.Sprint(lists["control:Cleartext-Password"].Value[0])
		lineSecrets = append(lineSecrets, secret)
	}
	return secret, a
}

// S3-06, S3-52, S3-117, S3-121, S3-125, S3-129, S3-140: a paid order at a home with equipment on record is provisioned without anybody's doing.
// Active means that ONU and router are set up and a session was seen; then the order is delivered, and the customer gets user name and a
// link that shows the secret once. S3-53: to begin it again changes nothing. S3-136: each of the four systems has its part. S3-69: it takes less
// than half an hour.
func TestS3FibreLine(t *testing.T) {
	ctx, h := context.Background(), NewHome()
	r := movesIn(t, h)
	paid := time.Now()
	is := r.becomes(t, "active")
	if is.Name != "Fibre 300" || is.LocationID != h.Location || is.SubscriptionID != r.subscription || is.Equipment.ONUSerial != h.ONU || is.Equipment.CPEID != h.CPE || is.Port.PON != h.PON ||
		is.Profile.DownKbps != 300_000 || !slices.Equal(is.Work.Done, []string{"inventory", "subscriber", "access", "cpe", "verify", "activate"}) || is.Work.Number != 1 {
		t.Errorf("%+v", is)
	}
	if took := time.Since(paid); took > 30*time.Minute {
		t.Errorf("it took %s", took)
	}
	n := inNetwork(t, h, is)
	if !slices.Equal(n.addresses, []string{is.Allocation.Address}) || n.onus != 1 || !is.Allocation.Port {
		t.Errorf("the inventory has %v and %d ONUs for %+v", n.addresses, n.onus, is.Allocation)
	}
	if !n.up || n.remoteID != is.Username || !slices.Equal(n.profiles, []string{"HSI-150000", "HSI-300000"}) || n.dialsAs != is.Username || n.changes != 1 {
		t.Errorf("%+v", n)
	}
	if n.line == nil || n.line.Session == nil || n.line.Session.FramedIP != strings.Split(is.Allocation.Address, "/")[0] || n.line.Session.DownKbps != 300_000 || n.line.Session.UpKbps != 150_000 ||
		n.line.Session.Class != is.ServiceID || n.line.Dials.Refused+n.line.Dials.Unanswered != 0 {
		t.Errorf("%+v", n.line)
	}
	must[OrderStatus](t)(r.AwaitOrder(ctx, r.order.OrderID, "delivered", 20*time.Second))
	active(t, r.Customer, r.subscription)
	exactlyOne(t, event.TypeServiceActivated, r.service)
	exactlyOne(t, event.TypeOrderDelivered, r.order.OrderID)
	secret, _ := authorized(t, is.Username)
	if len(secret) != 16 {
		t.Errorf("a secret of %d characters", len(secret))
	}
	r.readsTheMail(t, is, secret)
	a := must[Answer](t)(r.Post(ctx, "/services/provision", Key(), map[string]any{"subscriptionId": r.subscription}))
	if again := into[Service](t, expect(t, a, nil, http.StatusAccepted, "")); again.Status != "active" || again.ServiceID != r.service {
		t.Errorf("%+v", again)
	}
	a = must[Answer](t)(r.Post(ctx, "/services/provision", Key(), map[string]any{"subscriptionId": r.subscription, "onuSerial": "BBSM00000000"}))
	expect(t, a, nil, http.StatusConflict, "service_equipment_differs")
	if again := inNetwork(t, h, r.asStaff(t)); !slices.Equal(again.addresses, n.addresses) || again.onus != 1 || again.changes != 1 || len(again.profiles) != 2 {
		t.Errorf("%+v", again)
	}
	if listed := into[struct{ Services []Service }](t, must[Answer](t)(r.Get(ctx, "/services"))).Services; len(listed) != 1 || listed[0].ServiceID != r.service || listed[0].Equipment.ONUSerial != "" {
		t.Errorf("%+v", listed)
	}
}

// readsTheMail follows the link of the activation mail, twice.
func (r resident) readsTheMail(t *testing.T, is Service, secret string) {
	t.Helper()
	link := must[string](t)(site.AwaitLink(t.Context(), r.email, "/service-credentials", 1, 20*time.Second))
	for _, m := range must[[]Mail](t)(site.Mails(t.Context(), r.email)) {
		if strings.Contains(m.BodyText+m.BodyHTML, secret) {
			t.Error("a mail holds the secret")
		}
		if strings.Contains(m.BodyText, link) && !strings.Contains(m.BodyText, is.Username) {
			t.Errorf("the user name is not in %s", m.BodyText)
		}
	}
	show := func() Answer {
		return must[Answer](t)(site.Visitor().Post(t.Context(), "/services/credentials", Key(), map[string]any{"token": link}))
	}
	shown := expect(t, show(), nil, http.StatusOK, "")
	if got := into[struct{ ServiceID, Username, Secret string }](t, shown); got.Secret != secret || got.Username != is.Username || got.ServiceID != r.service {
		t.Errorf("shown for %s: another secret, or account", got.ServiceID)
	}
	if shown.Header.Get("Cache-Control") != "no-store" {
		t.Error("the secret may be cached")
	}
	expect(t, show(), nil, http.StatusBadRequest, "credentials_link_invalid")
}

// S3-45, S3-46: where nothing is on record, the service waits until the customer names what stands there. The work goes on by itself;
// staff can have it stop before the activation, which is harmless when repeated. S3-47, S3-48: until it is active it is neither
// suspended nor resumed.
func TestS3ProvisionedByRequest(t *testing.T) {
	ctx, h := context.Background(), NewHome()
	h.Recorded, h.Model = false, "tr098"
	r := movesIn(t, h)
	is := r.becomes(t, "designed")
	if n := inNetwork(t, h, is); n.addresses != nil || n.onus != 0 || n.dialsAs != "" || n.profiles != nil {
		t.Errorf("%+v", n)
	}
	order := must[PlanOrder](t)(r.ReadOrder(ctx, r.order.OrderID))
	if order.Status != "paid" {
		t.Errorf("%+v", order)
	}
	begin := func(c *Customer, key string, body map[string]any) Answer {
		body["subscriptionId"] = r.subscription
		return must[Answer](t)(c.Post(ctx, "/services/provision", key, body))
	}
	expect(t, begin(r.Customer, Key(), map[string]any{}), nil, http.StatusConflict, "onu_required")
	expect(t, begin(r.Customer, Key(), map[string]any{"onuSerial": h.ONU}), nil, http.StatusConflict, "cpe_required")
	expect(t, begin(r.Customer, Key(), map[string]any{"onuSerial": h.ONU, "cpeId": h.CPE, "hold": true}), nil, http.StatusBadRequest, "invalid_request")
	key, desk := Key(), staff(t, token.RoleNetwork)
	for range 2 { // with the key, and what it answered, once more
		begun := into[Service](t, expect(t, begin(desk, key, map[string]any{"onuSerial": strings.ToLower(h.ONU), "cpeId": h.CPE, "hold": true}), nil, http.StatusAccepted, ""))
		if begun.ServiceID != r.service || begun.Status != "provisioning" || begun.PollAfterSeconds == 0 || begun.Equipment.ONUSerial != h.ONU {
			t.Errorf("%+v", begun)
		}
	}
	is = r.becomes(t, "provisioned")
	if n := inNetwork(t, h, is); !n.up || n.dialsAs != is.Username || n.line == nil || n.line.Session == nil {
		t.Errorf("%+v", n)
	}
	expect(t, r.operate(t, "suspend", map[string]any{"reason": "too early"}), nil, http.StatusConflict, "service_state_conflict")
	expect(t, r.operate(t, "resume", map[string]any{}), nil, http.StatusConflict, "service_state_conflict")
	for range 2 {
		if now := into[Service](t, expect(t, r.operate(t, "activate", nil), nil, http.StatusAccepted, "")); now.Status != "active" {
			t.Errorf("%+v", now)
		}
	}
	must[OrderStatus](t)(r.AwaitOrder(ctx, r.order.OrderID, "delivered", 20*time.Second))
	exactlyOne(t, event.TypeServiceActivated, r.service)
}

// usage answers getUsage.
type usage struct {
	TotalBytes, CapBytes int64
	PercentUsed          float64
	Online               bool
}

func (r resident) used(t *testing.T) usage {
	t.Helper()
	return into[usage](t, must[Answer](t)(r.Get(t.Context(), "/subscriptions/"+r.subscription+"/usage")))
}

// S3-47, S3-48, S3-52, S3-120, S3-153: suspended means that nobody gets in and no session is left, whatever the NAS does with the first
// request to end it; the reason is on record. It is not resumed for another cause than it was suspended for. Resumed means that there is
// a session again. S3-49: terminated means that nothing is left of it in the network, and the home is free.
func TestS3SuspendedResumedTerminated(t *testing.T) {
	ctx, h := context.Background(), NewHome()
	r := movesIn(t, h)
	is := r.becomes(t, "active")
	if err := site.Traffic(ctx, is.Username, 200_000_000, 800_000_000); err != nil {
		t.Fatal(err)
	}
	if u := r.used(t); !u.Online || u.TotalBytes != 1_000_000_000 || u.CapBytes != 1_000_000_000_000 || u.PercentUsed != 0.1 {
		t.Errorf("%+v", u)
	}
	expect(t, r.operate(t, "resume", map[string]any{}), nil, http.StatusConflict, "service_state_conflict")
	for _, fault := range []struct {
		mode, recorded string
		times          int
	}{{"nak", "network_busy", 1}, {"hang", "network_unanswered", 3}, {"", "", 0}} { // a request that is not answered is sent three times
		faults := []map[string]any{}
		if fault.mode != "" {
			faults = append(faults, map[string]any{"mode": fault.mode, "match": "disconnect", "user": is.Username, "times": fault.times})
		}
		if err := site.Plant(ctx, http.MethodPut, "/bng/_sandbox/faults", faults, nil); err != nil {
			t.Fatal(err)
		}
		expect(t, r.operate(t, "suspend", map[string]any{"reason": "asked by letter"}), nil, http.StatusAccepted, "")
		if _, a := authorized(t, is.Username); a.Status != http.StatusUnauthorized || !strings.Contains(string(a.Raw), "Account suspended") {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
		now := r.becomes(t, "suspended")
		if len(now.Holds) != 1 || now.Holds[0].Cause != "staff" || now.Holds[0].Reason != "asked by letter" {
			t.Errorf("%+v", now.Holds)
		}
		if n := inNetwork(t, h, now); n.line == nil || n.line.Session != nil || n.line.Ended[len(n.line.Ended)-1].Terminated != "Admin-Reset" || !n.up || n.addresses == nil {
			t.Errorf("%+v", n.line)
		}
		sessions := must[subscriber.Live](t)(site.DB().Live(ctx, demo.Tenant, is.Username)).Sessions
		// What came of asking is recorded with the session (internal/consumer/access proves it), unless a copy of the event was faster and found it ended.
		if asked := sessions[len(sessions)-1].Asked; asked != "" && asked != fault.recorded {
			t.Errorf("%s is recorded as %q", fault.mode, asked)
		}
		if u := r.used(t); u.Online || u.TotalBytes != 1_000_000_000 {
			t.Errorf("%+v", u)
		}
		expect(t, r.operate(t, "suspend", map[string]any{"reason": "again"}), nil, http.StatusConflict, "service_held_already")
		expect(t, r.operate(t, "resume", map[string]any{"cause": "non_payment"}), nil, http.StatusConflict, "service_not_held")
		expect(t, r.operate(t, "resume", map[string]any{}), nil, http.StatusAccepted, "")
		now = r.becomes(t, "active")
		if n := inNetwork(t, h, now); n.line == nil || n.line.Session == nil || len(now.Holds) != 0 || !r.used(t).Online {
			t.Errorf("%+v, %+v", now, n.line)
		}
	}
	expect(t, r.operate(t, "terminate", nil), nil, http.StatusAccepted, "")
	gone := r.becomes(t, "terminated")
	eventually(t, 10*time.Second, "nothing is left in the network", func() bool {
		n := inNetwork(t, h, is)
		return n.addresses == nil && n.onus == 0 && !n.active && !n.up && n.profiles == nil && n.dialsAs == "" && n.line == nil
	})
	if _, a := authorized(t, is.Username); a.Status != http.StatusUnauthorized || gone.Allocation.Address != "" {
		t.Errorf("%d %s, %+v", a.Status, a.Raw, gone)
	}
	free := into[struct{ Places []struct{ Available bool } }](t, must[Answer](t)(site.Qualify(ctx, h.Address)))
	if len(free.Places) != 1 || !free.Places[0].Available {
		t.Errorf("%+v", free)
	}
	expect(t, r.operate(t, "terminate", nil), nil, http.StatusAccepted, "")
	exactlyOne(t, event.TypeServiceTerminated, r.service)
	if r.asStaff(t).Status != string(provisioning.Terminated) {
		t.Error("it lives again")
	}
}
