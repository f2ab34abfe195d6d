// Package alarm reads the device events of VOLTHA (topic voltha.events): voltha.Event as protojson, which is what a bridge of the
// operator's sends on. It reads the JSON itself, so that what receives alarms need not hold gRPC and VOLTHA's protocol.
package alarm

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kinds that tell why a line is down. Others are named in the same way: the event's name without ONU_ and what follows it.
const (
	LossOfSignal = "loss_of_signal" // the OLT does not receive the ONU: fibre cut, or the other end gone
	DyingGasp    = "dying_gasp"     // the ONU's last word when its power fails (ITU-T G.984.3)
)

// Alarm is one alarm, raised or cleared.
type Alarm struct {
	Kind   string    // loss_of_signal, dying_gasp, signal_degrade, …; of an OLT itself olt_loss_of_signal, …
	Raised bool      // false: it is over. A dying gasp is never cleared, the ONU comes back instead
	Serial string    // of the ONU, in capitals as on its label; empty for alarms of an OLT
	Device string    // id of the device that tells it, in VOLTHA: the OLT for what the OLT sees, the ONU for what it says by OMCI
	At     time.Time // when it was raised; zero when the event does not tell
}

// ErrNoAlarm says that the event is another one: measurements, configuration, RPCs.
var ErrNoAlarm = errors.New("alarm: the event is not a device's")

// event is what is read of voltha.Event. protojson writes names in camel case, or as in the .proto when it is told so.
type event struct {
	Header struct {
		RaisedAt  time.Time `json:"raisedTs"`
		RaisedAt2 time.Time `json:"raised_ts"`
	} `json:"header"`
	Device  *device `json:"deviceEvent"`
	Device2 *device `json:"device_event"`
}

type device struct {
	ID          string            `json:"resourceId"`
	ID2         string            `json:"resource_id"`
	Name        string            `json:"deviceEventName"`
	Name2       string            `json:"device_event_name"`
	Description string            `json:"description"`
	Context     map[string]string `json:"context"`
}

// Parse reads one event. ErrNoAlarm for events of other kinds; any other error says that it is not an event of VOLTHA's at all.
func Parse(raw []byte) (Alarm, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return Alarm{}, fmt.Errorf("alarm: not an event of VOLTHA: %w", err)
	}
	d := e.Device
	if d == nil {
		d = e.Device2
	}
	if d == nil {
		return Alarm{}, ErrNoAlarm
	}
	a := Alarm{Device: d.ID + d.ID2, At: e.Header.RaisedAt}
	if a.At.IsZero() {
		a.At = e.Header.RaisedAt2
	}
	if a.Kind, a.Raised = kind(d.Name + d.Name2); a.Kind == "" {
		return Alarm{}, ErrNoAlarm
	}
	// The ONU's adapter calls all its events raised; the description ends with what they are (voltha-openonu-adapter-go).
	if strings.HasSuffix(d.Description, "- Cleared") {
		a.Raised = false
	}
	// An OLT's own events have its serial number under the same key.
	if !strings.HasPrefix(a.Kind, "olt_") {
		serial := d.Context["serial-number"] // of the OLT's adapter
		if serial == "" {
			serial = d.Context["onu-serial-number"] // of the ONU's
		}
		a.Serial = strings.ToUpper(serial)
	}
	return a, nil
}

// kind reads an event's name: ONU_LOSS_OF_SIGNAL_RAISE_EVENT, ONU_LOSS_OF_SIGNAL_CLEAR_EVENT, and ONU_DYING_GASP_EVENT of older
// adapters.
func kind(name string) (string, bool) {
	name, ok := strings.CutSuffix(name, "_EVENT")
	if !ok {
		return "", false
	}
	name, cleared := strings.CutSuffix(name, "_CLEAR")
	name = strings.TrimSuffix(name, "_RAISE")
	return strings.ToLower(strings.TrimPrefix(name, "ONU_")), !cleared
}
