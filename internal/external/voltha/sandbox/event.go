package sandbox

import (
	"fmt"
	"strconv"
	"time"

	"github.com/opencord/voltha-protos/v5/go/voltha"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// event sends an event about an ONU, as its OLT's adapter does.
func (s *Server) event(o *onu, name string) {
	send := s.options.Event
	if send == nil || o.id == "" {
		return
	}
	now := timestamppb.New(time.Now().UTC())
	e := &voltha.Event{
		Header: &voltha.EventHeader{Id: fmt.Sprintf("Voltha.openolt.%s.%d", name, now.AsTime().UnixNano()), Category: voltha.EventCategory_COMMUNICATION,
			SubCategory: voltha.EventSubCategory_ONU, Type: voltha.EventType_DEVICE_EVENT, TypeVersion: "0.1", RaisedTs: now, ReportedTs: now},
		EventType: &voltha.Event_DeviceEvent{DeviceEvent: &voltha.DeviceEvent{ResourceId: o.at.id, DeviceEventName: name,
			Context: map[string]string{"intf-id": strconv.Itoa(o.PON), "onu-id": strconv.Itoa(o.no), "onu-device-id": o.id,
				"port-label": fmt.Sprintf("pon-%d", o.PON), "serial-number": o.Serial}}},
	}
	raw, err := protojson.Marshal(protoadapt.MessageV2Of(e))
	if err != nil {
		panic(err) // of a message made here
	}
	serial := o.Serial
	s.hook(func() { send(serial, raw) })
}
