package alarm_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"turnup/internal/external/voltha/alarm"
)

// S3-123: loss of signal and dying gasp are recognised, as the adapters send them.
func TestParse(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 20, 30, 500_000_000, time.UTC)
	header := `"header":{"id":"Voltha.openolt.ONU_LOSS_OF_SIGNAL.1","category":"COMMUNICATION","subCategory":"ONU","type":"DEVICE_EVENT","typeVersion":"0.1","raisedTs":"2026-03-01T10:20:30.500Z","reportedTs":"2026-03-01T10:20:31Z"}`
	onu := `"context":{"intf-id":"0","onu-id":"1","onu-device-id":"onu-1","port-label":"pon-0","serial-number":"ALCLb3a12c"}`
	tests := []struct {
		name, event string
		want        alarm.Alarm
	}{
		{"loss of signal", `{` + header + `,"deviceEvent":{"resourceId":"olt-1","deviceEventName":"ONU_LOSS_OF_SIGNAL_RAISE_EVENT",` + onu + `}}`,
			alarm.Alarm{Kind: alarm.LossOfSignal, Raised: true, Serial: "ALCLB3A12C", Device: "olt-1", At: at}},
		{"signal is back", `{` + header + `,"deviceEvent":{"resourceId":"olt-1","deviceEventName":"ONU_LOSS_OF_SIGNAL_CLEAR_EVENT",` + onu + `}}`,
			alarm.Alarm{Kind: alarm.LossOfSignal, Serial: "ALCLB3A12C", Device: "olt-1", At: at}},
		{"dying gasp", `{` + header + `,"deviceEvent":{"resourceId":"olt-1","deviceEventName":"ONU_DYING_GASP_RAISE_EVENT",` + onu + `}}`,
			alarm.Alarm{Kind: alarm.DyingGasp, Raised: true, Serial: "ALCLB3A12C", Device: "olt-1", At: at}},
		{"dying gasp of older adapters", `{` + header + `,"deviceEvent":{"resourceId":"olt-1","deviceEventName":"ONU_DYING_GASP_EVENT",` + onu + `}}`,
			alarm.Alarm{Kind: alarm.DyingGasp, Raised: true, Serial: "ALCLB3A12C", Device: "olt-1", At: at}},
		{"names as in the .proto", `{"header":{"raised_ts":"2026-03-01T10:20:30.500Z"},"device_event":{"resource_id":"olt-1","device_event_name":"ONU_SIGNAL_DEGRADE_RAISE_EVENT",` + onu + `}}`,
			alarm.Alarm{Kind: "signal_degrade", Raised: true, Serial: "ALCLB3A12C", Device: "olt-1", At: at}},
		{"cleared by OMCI", `{"deviceEvent":{"resourceId":"onu-1","deviceEventName":"ONU_SELF_TEST_FAILURE_RAISE_EVENT","description":"onu self-test failure Event - ONU_SELF_TEST_FAILURE - Cleared","context":{"onu-id":"onu-1","onu-intf-id":"1","onu-serial-number":"BBSM00000001"}}}`,
			alarm.Alarm{Kind: "self_test_failure", Serial: "BBSM00000001", Device: "onu-1"}},
		{"of the OLT", `{"deviceEvent":{"resourceId":"olt-1","deviceEventName":"OLT_COMMUNICATION_FAILURE_RAISE_EVENT","context":{"serial-number":"BBSIM_OLT_0"}}}`,
			alarm.Alarm{Kind: "olt_communication_failure", Raised: true, Device: "olt-1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := alarm.Parse([]byte(test.event))
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
}

func TestOtherEvents(t *testing.T) {
	for _, other := range []string{
		`{"header":{"type":"KPI_EVENT2"},"kpiEvent2":{"type":"slice","ts":1}}`,
		`{"header":{"type":"RPC_EVENT"},"rpcEvent":{"rpc":"EnableDevice"}}`,
		`{"deviceEvent":{"deviceEventName":"something else"}}`, `{}`} {
		if _, err := alarm.Parse([]byte(other)); !errors.Is(err, alarm.ErrNoAlarm) {
			t.Errorf("%s: %v", other, err)
		}
	}
	for _, broken := range []string{``, `[]`, `{"deviceEvent":"x"}`, `{"header":{"raisedTs":"yesterday"}}`} {
		if _, err := alarm.Parse([]byte(broken)); err == nil || errors.Is(err, alarm.ErrNoAlarm) {
			t.Errorf("%s: %v", broken, err)
		}
	}
}

// What receives alarms must stay small: no gRPC, no protobuf.
func TestLinksNoGRPC(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "google.golang.org") || strings.Contains(string(out), "opencord") {
		t.Error("alarm links gRPC or VOLTHA's protocol")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"deviceEvent":{"deviceEventName":"ONU_DYING_GASP_EVENT","context":{"serial-number":"BBSM00000001"}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, err := alarm.Parse(raw); err == nil && a.Kind == "" {
			t.Errorf("an alarm without a kind: %s", raw)
		}
	})
}
