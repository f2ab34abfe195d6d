package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/opencord/voltha-protos/v5/go/common"
)

// What the controller tells of the OLTs' flows, meters and ports: only what is really installed.

func (s *Server) flowStatus(w http.ResponseWriter, r *http.Request) {
	status := "NOT_IN_CONTROLLER"
	for _, v := range s.services {
		switch {
		case v.port != r.PathValue("port"):
		case v.installed:
			status = "ALL_FLOWS_PROVISIONED"
		case !v.active:
			status = "DISABLED_IN_CONTROLLER"
		default:
			status = "NO_FLOWS_PROVISIONED"
		}
	}
	answer(w, map[string]string{"FlowProvisionStatus": status})
}

type object = map[string]any

func flowOf(id, table, in, tag int, output string) object {
	return object{"groupId": 0, "state": "", "life": 0, "liveType": "", "lastSeen": 0, "packets": 0, "bytes": 0, "id": strconv.Itoa(id), "appId": "",
		"priority": 1000, "timeout": 0, "isPermanent": false, "deviceId": "", "tableId": table, "tableName": "",
		"treatment": object{"instructions": []object{{"type": "OUTPUT", "port": output}, {"type": "METER", "meterId": "1"}}, "deferred": nil},
		"selector":  object{"criteria": []object{{"type": "IN_PORT", "port": in}, {"type": "VLAN_VID", "vlanId": tag}}}}
}

// flows are two for each service, one up and one down; deviceId is empty as in the real answer.
func (s *Server) flows(w http.ResponseWriter, r *http.Request) {
	rows := []object{}
	for i, v := range s.services {
		o := s.onu(strings.TrimSuffix(v.port, "-1"))
		if o == nil || !v.installed || r.PathValue("device") != "" && r.PathValue("device") != o.at.datapath() {
			continue
		}
		rows = append(rows, flowOf(2*i+1, 0, o.uni(), v.tags.UNITag, strconv.Itoa(nni)), flowOf(2*i+2, 1, nni, v.tags.STag, strconv.Itoa(o.uni())))
	}
	answer(w, object{"flows": rows})
}

func (s *Server) pendingFlows(w http.ResponseWriter, _ *http.Request) {
	answer(w, object{"flows": []object{}})
}

func (s *Server) meters(w http.ResponseWriter, _ *http.Request) {
	rows := []object{}
	used := map[string]bool{}
	for _, v := range s.services {
		used[v.tags.Up], used[v.tags.Down] = used[v.tags.Up] || v.installed, used[v.tags.Down] || v.installed
	}
	for _, p := range s.profiles {
		if !used[p.ID] {
			continue
		}
		bands := []object{{"type": "1", "rate": p.PIR, "packets": 0, "bytes": 0, "burstSize": p.PBS}}
		if p.CIR != 0 {
			bands = append([]object{{"type": "1", "rate": p.CIR, "packets": 0, "bytes": 0, "burstSize": p.CBS}}, bands...)
		}
		if p.GIR != 0 {
			bands = append(bands, object{"type": "1", "rate": p.GIR, "packets": 0, "bytes": 0, "burstSize": 0})
		}
		rows = append(rows, object{"id": strconv.Itoa(p.meter), "state": "ADDED", "bands": bands})
	}
	answer(w, object{"meters": rows})
}

func (s *Server) devices(w http.ResponseWriter, _ *http.Request) {
	rows := []object{}
	for _, o := range s.olts {
		if o.id != "" && o.admin == common.AdminState_ENABLED {
			rows = append(rows, object{"id": o.datapath(), "available": o.active(), "serial": o.OLT.Serial, "mfr": "BBSim", "hw": "", "sw": "",
				"lastUpdate": time.Now().UTC().Format(time.RFC3339)})
		}
	}
	answer(w, object{"devices": rows})
}

func portOf(element string, number int, name, kind string, enabled bool) object {
	return object{"element": element, "port": strconv.Itoa(number), "isEnabled": enabled, "type": kind, "portSpeed": 0,
		"annotations": object{"adminState": "enabled", "portMac": "", "portName": name}}
}

func (s *Server) ports(w http.ResponseWriter, r *http.Request) {
	rows := []object{}
	of := func(o *olt) bool {
		return o.active() && (r.PathValue("device") == "" || r.PathValue("device") == o.datapath())
	}
	for _, o := range s.olts {
		if of(o) {
			rows = append(rows, portOf(o.datapath(), nni, "nni-"+strconv.Itoa(nni), "fiber", true))
		}
	}
	for _, o := range s.onus {
		if of(o.at) && o.id != "" {
			rows = append(rows, portOf(o.at.datapath(), o.uni(), o.Serial+"-1", "copper", o.active() && o.Mode != UNIDown))
		}
	}
	answer(w, object{"ports": rows})
}
