package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/opencord/voltha-protos/v5/go/common"
	"github.com/opencord/voltha-protos/v5/go/extension"
	"github.com/opencord/voltha-protos/v5/go/voltha"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"turnup/internal/external/voltha/sandbox"
)

const serial = "BBSM00000001"

type network struct {
	*sandbox.Server
	voltha.VolthaServiceClient
	measure extension.ExtensionClient
	base    string
	t       *testing.T
}

func begin(t *testing.T) network {
	t.Helper()
	s := sandbox.New(sandbox.Options{Delays: sandbox.Delays{Enable: 10, Activate: 10, Reboot: 40, Install: 10},
		Plant: sandbox.Plant{OLTs: []sandbox.OLT{{Serial: "BBSIM_OLT_0", Address: "bbsim0:50060", ONUs: []sandbox.ONU{{Serial: serial, PON: 2}}}}}})
	core, controller, err := s.Start("127.0.0.1:0", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(core, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = conn.Close(), s.Close() })
	return network{s, voltha.NewVolthaServiceClient(conn), extension.NewExtensionClient(conn), controller, t}
}

// asks makes a request and checks the status; path begins with / for the controller, with _ for the control API.
func (n network) asks(method, path, body string, want int) string {
	n.t.Helper()
	url := n.base + path
	if strings.HasPrefix(path, "_") {
		url = strings.TrimSuffix(n.base, "vgc/v1") + path
	}
	r, err := http.NewRequestWithContext(n.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer a.Body.Close()
	raw, _ := io.ReadAll(a.Body)
	if a.StatusCode != want {
		n.t.Errorf("%s %s: %d %s, want %d", method, path, a.StatusCode, raw, want)
	}
	return string(raw)
}

func (n network) waits(what string, until func() bool) {
	n.t.Helper()
	for end := time.Now().Add(3 * time.Second); !until(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			n.t.Fatal("not seen: ", what)
		}
	}
}

func (n network) refused(err error, code codes.Code, message string) {
	n.t.Helper()
	if s := status.Convert(err); s.Code() != code || !strings.Contains(s.Message(), message) {
		n.t.Errorf("got %v, want %s %q", err, code, message)
	}
}

// The core's answers as captured.
func TestCore(t *testing.T) {
	n, ctx := begin(t), t.Context()
	_, err := n.GetDevice(ctx, &common.ID{Id: "nope"})
	n.refused(err, codes.NotFound, "nope")
	device := &voltha.Device{Type: "openolt", Address: &voltha.Device_HostAndPort{HostAndPort: "bbsim0:50060"}}
	olt, err := n.CreateDevice(ctx, device)
	if err != nil || olt.AdminState != common.AdminState_PREPROVISIONED {
		t.Fatal(olt, err)
	}
	_, err = n.CreateDevice(ctx, device)
	n.refused(err, codes.Unknown, "device is already pre-provisioned")
	if _, err := n.EnableDevice(ctx, &common.ID{Id: olt.Id}); err != nil || n.Active(serial) {
		t.Fatal(err)
	}
	_, err = n.EnableDevice(ctx, &common.ID{Id: olt.Id})
	n.refused(err, codes.FailedPrecondition, "cannot-enable-an-already-enabled-device")
	n.waits("the OLT's ONU", func() bool { return n.Active(serial) })
	all, err := n.ListDevices(ctx, &emptypb.Empty{})
	if err != nil || len(all.Items) != 2 {
		t.Fatal(all, err)
	}
	onu := all.Items[1]
	if onu.SerialNumber != serial || onu.Reason != "initial-mib-downloaded" || onu.ParentId != olt.Id || onu.ParentPortNo != 0x20000002 || onu.ProxyAddress.OnuId != 1 {
		t.Error(onu)
	}
	distance, err := n.measure.GetExtValue(ctx, &extension.SingleGetValueRequest{TargetId: onu.Id, Request: &extension.GetValueRequest{
		Request: &extension.GetValueRequest_Distance{Distance: &extension.GetDistanceRequest{}}}})
	if err != nil || distance.Response.Status != extension.GetValueResponse_ERROR || distance.Response.ErrReason != extension.GetValueResponse_UNSUPPORTED {
		t.Error(distance, err)
	}
	if older, err := n.GetExtValue(ctx, &extension.ValueSpecifier{Id: onu.Id, Value: extension.ValueType_DISTANCE}); err != nil || older.Unsupported != 1 {
		t.Error(older, err)
	}
	if _, err := n.RebootDevice(ctx, &common.ID{Id: onu.Id}); err != nil {
		t.Fatal(err)
	}
	n.waits("the ONU leaving", func() bool { return !n.Active(serial) })
	_, err = n.GetOnuImages(ctx, &common.ID{Id: onu.Id})
	n.refused(err, codes.Unknown, "command-rejected-improper-device-state")
	if d, err := n.GetDevice(ctx, &common.ID{Id: onu.Id}); err != nil || d.Reason != "stopping-openomci" || d.OperStatus != common.OperStatus_DISCOVERED {
		t.Error(d, err)
	}
	n.waits("the ONU coming back", func() bool { return n.Active(serial) })
	if _, err := n.DisableDevice(ctx, &common.ID{Id: onu.Id}); err != nil || n.Active(serial) {
		t.Error(err)
	}
	_, err = n.EnableLogicalDevicePort(ctx, &voltha.LogicalPortId{})
	n.refused(err, codes.Unimplemented, "")
}

// The controller's answers as captured, and what they do not say.
func TestController(t *testing.T) {
	n := begin(t)
	n.asks("PUT", "_sandbox/plant", `{"olts":[{"serial":"BBSIM_OLT_0","enabled":true}]}`, 200)
	n.waits("the ONU", func() bool { return n.Active(serial) })
	const record = `{"id":"BBSM00000001-1","nasPortId":"BBSM00000001-1","circuitId":"c1","remoteId":"sub-1001","uniTagList":[{"serviceName":"hsia","uniTagMatch":4096,"ponCTag":900,"ponSTag":900,"technologyProfileId":64,"upstreamBandwidthProfile":"HSI-150","downstreamBandwidthProfile":"HSI-300"}]}`
	n.asks("GET", "/profiles/HSI-300", "", 409)
	n.asks("POST", "/subscribers/BBSM00000001-1", record, 200) // without profiles: 200, and nothing
	if got := n.asks("GET", "/programmed-subscribers", "", 200); got != `{"subscribers":[]}`+"\n" {
		t.Error(got)
	}
	n.asks("GET", "/subscriber-config/BBSIM_OLT_0", "", 404)
	for _, p := range []string{"HSI-150", "HSI-300", "HSI-900"} {
		if got := n.asks("POST", "/profiles/"+p, `{"id":"`+p+`","cir":50000,"cbs":10000,"gir":50000,"pir":300000,"pbs":1000}`, 200); got != "" {
			t.Error(got)
		}
	}
	n.asks("POST", "/profiles/HSI-300", `{"pir":1}`, 200) // ignored
	if got := n.asks("GET", "/profiles/HSI-300", "", 200); !strings.Contains(got, `"pir":300000`) {
		t.Error(got)
	}
	n.asks("POST", "/subscribers/BBSM00000001-1", `nonsense`, 409)
	n.asks("POST", "/subscribers/BBSM00000001-1", record, 200)
	n.asks("POST", "/subscribers/BBSM00000001-1", strings.Replace(record, "HSI-300", "HSI-900", 1), 200) // ignored
	if got := n.asks("GET", "/programmed-subscribers", "", 200); !strings.Contains(got, `"downstreamBandwidthProfile":"HSI-300"`) || strings.Contains(got, "HSI-900") {
		t.Error(got)
	}
	n.asks("POST", "/services/BBSM00000001-1/900/901/64", "", 200) // other tags
	if got := n.asks("GET", "/flow-status/BBSM00000001-1", "", 200); !strings.Contains(got, "DISABLED_IN_CONTROLLER") {
		t.Error(got)
	}
	if err := n.SetMode(serial, sandbox.UNIDown); err != nil {
		t.Fatal(err)
	}
	n.asks("POST", "/services/BBSM00000001-1/900/900/64", "", 200)
	// UP, and yet no flows: the UNI has no link
	var up struct{ ServiceConfig []map[string]string }
	if err := json.Unmarshal([]byte(n.asks("GET", "/subscriber-config/BBSIM_OLT_0", "", 200)), &up); err != nil || up.ServiceConfig[0]["state"] != "UP" || up.ServiceConfig[0]["onuSerial"] != serial {
		t.Error(up, err)
	}
	for path, empty := range map[string]string{"/flows": `{"flows":[]}`, "/meters": `{"meters":[]}`, "/flows/pending": `{"flows":[]}`} {
		if got := n.asks("GET", path, "", 200); strings.TrimSpace(got) != empty {
			t.Error(path, got)
		}
	}
	if err := n.SetMode(serial, sandbox.Normal); err != nil {
		t.Fatal(err)
	}
	n.waits("flows", func() bool { return n.ServiceUp(serial) })
	for path, has := range map[string]string{"/flows": `"IN_PORT"`, "/meters": `"ADDED"`, "/devices": `"BBSIM_OLT_0"`, "/devices/ports": `"BBSM00000001-1"`, "/flow-status/BBSM00000001-1": "ALL_FLOWS"} {
		if got := n.asks("GET", path, "", 200); !strings.Contains(got, has) {
			t.Error(path, got)
		}
	}
	n.asks("DELETE", "/profiles/HSI-300", `{}`, 409) // in use
	n.asks("DELETE", "/subscribers/BBSM00000001-1", "", 409)
	n.asks("DELETE", "/subscribers/BBSM00000001-1", "{}", 202)
	n.asks("DELETE", "/subscribers/BBSM00000001-1", "{}", 400)
	n.asks("GET", "/subscribers/BBSM00000001-1", "", 400)
	n.asks("DELETE", "/profiles/HSI-300", `{}`, 200)
	if n.ServiceUp(serial) {
		t.Error("still up")
	}
}

// The control API.
func TestControl(t *testing.T) {
	n := begin(t)
	n.asks("PUT", "_sandbox/delays", `{"activateMs":1}`, 200)
	n.asks("PUT", "_sandbox/plant", `{"olts":[{"serial":"BBSIM_OLT_1","enabled":true,"onus":[{"serial":"BBSM00000009","pon":3,"mode":"weak"}]}]}`, 200)
	n.waits("the ONU", func() bool { return n.Active("BBSM00000009") })
	n.asks("PUT", "_sandbox/onus/BBSM00000009", `{"mode":"absent"}`, 200)
	if got := n.asks("GET", "_sandbox/onus/BBSM00000009", "", 200); !strings.Contains(got, `"pon":3`) || strings.Contains(got, `"id"`) {
		t.Error(got)
	}
	n.asks("PUT", "_sandbox/onus/BBSM00000009", `{"mode":"inactive"}`, 200)
	n.waits("the ONU again", func() bool {
		return strings.Contains(n.asks("GET", "_sandbox/onus/BBSM00000009", "", 200), "ACTIVATING")
	})
	for path, wrong := range map[string]string{"onus/BBSM00000009": `{"mode":"odd"}`, "plant": `{"olts":[{}]}`, "faults": `[{"mode":"odd"}]`, "delays": `{"odd":1}`} {
		n.asks("PUT", "_sandbox/"+path, wrong, 400)
	}
	n.asks("PUT", "_sandbox/onus/BBSM0000000A", `{"olt":"nowhere"}`, 400)
	n.asks("PUT", "_sandbox/faults", `[{"mode":"fail","match":"GET /vgc/v1/devices","times":2}]`, 200)
	n.asks("GET", "/devices", "", 503)
	n.asks("GET", "/devices", "", 503)
	n.asks("GET", "/devices", "", 200)
	n.asks("PUT", "_sandbox/faults", `[{"mode":"missing","serial":"BBSM00000001"},{"mode":"hang","delayMs":1,"match":"GET /vgc/v1/flow-status"}]`, 200)
	n.asks("GET", "/flow-status/BBSM00000001-1", "", 404)
	n.asks("GET", "/flow-status/BBSM00000009-1", "", 200)
	n.asks("DELETE", "_sandbox/faults", "", 200)
	if got := n.asks("GET", "_sandbox/requests", "", 200); !strings.Contains(got, `"answer":"503","fault":"fail"`) || !strings.Contains(got, `"serial":"BBSM00000009"`) {
		t.Error(got)
	}
	n.asks("DELETE", "_sandbox/onus/BBSM00000009", "", 200)
	n.asks("DELETE", "_sandbox/state", "", 200)
	if s := n.State(); len(s.OLTs) != 1 || len(s.ONUs) != 1 || s.Delays.Activate != 10 {
		t.Errorf("%+v", s)
	}
	if got := n.asks("GET", "_sandbox/requests", "", 200); got != "[]\n" {
		t.Error(got)
	}
	if _, _, err := n.Start("0.0.0.0:0", "127.0.0.1:0"); err == nil {
		t.Error("it listens to everybody")
	}
}
