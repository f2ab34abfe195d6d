package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// base is where the controller's API is. Its README says it is without, which is stale.
const base = "/vgc/v1"

// profile is a bandwidth profile; its number becomes that of its meter.
type profile struct {
	ID  string `json:"id"`
	PIR int64  `json:"pir"`
	PBS int64  `json:"pbs"`
	CIR int64  `json:"cir"`
	CBS int64  `json:"cbs"`
	EIR int64  `json:"eir"`
	EBS int64  `json:"ebs"`
	AIR int64  `json:"air"`
	GIR int64  `json:"gir"`

	meter int
}

// tagInfo is a service as the controller takes and tells it.
type tagInfo struct {
	Up          string `json:"upstreamBandwidthProfile"`
	Down        string `json:"downstreamBandwidthProfile"`
	UpOLT       string `json:"upstreamOltBandwidthProfile"`
	DownOLT     string `json:"downstreamOltBandwidthProfile"`
	ServiceName string `json:"serviceName"`
	MAC         string `json:"configuredMacAddress"`
	UNITag      int    `json:"uniTagMatch"`
	CTag        int    `json:"ponCTag"`
	STag        int    `json:"ponSTag"`
	UpCPrio     int    `json:"usPonCTagPriority"`
	UpSPrio     int    `json:"usPonSTagPriority"`
	DownCPrio   int    `json:"dsPonCTagPriority"`
	DownSPrio   int    `json:"dsPonSTagPriority"`
	TechProfile int    `json:"technologyProfileId"`
	DHCP        bool   `json:"isDhcpRequired"`
	IGMP        bool   `json:"isIgmpRequired"`
	PPPoE       bool   `json:"isPppoeRequired"`
	MACLearning bool   `json:"enableMacLearning"`
}

type service struct {
	name, port, kind string
	remoteID         string
	tags             tagInfo
	active           bool
	hollow           bool // turned on, but its flows never come (fault lie)
	installed        bool
	epoch            int
}

// routeController serves what the controller serves. Like the real one it answers 400 to a method it does not know.
func (s *Server) routeController() {
	for path, methods := range map[string]map[string]http.HandlerFunc{
		"/profiles/{id}":                        {"GET": s.getProfile, "POST": s.addProfile, "DELETE": s.deleteProfile},
		"/subscribers/{id}":                     {"POST": s.addSubscriber, "DELETE": s.deleteSubscriber},
		"/services/{port}":                      {"POST": s.turnOn, "DELETE": s.turnOff},
		"/services/{port}/{sTag}/{cTag}/{tpId}": {"POST": s.turnOn, "DELETE": s.turnOff},
		"/programmed-subscribers":               {"GET": s.programmed},
		"/subscriber-config/{olt}":              {"GET": s.configured},
		"/flow-status/{port}":                   {"GET": s.flowStatus},
		"/flows":                                {"GET": s.flows},
		"/flows/{device}":                       {"GET": s.flows},
		"/flows/pending":                        {"GET": s.pendingFlows},
		"/meters":                               {"GET": s.meters},
		"/devices":                              {"GET": s.devices},
		"/devices/ports":                        {"GET": s.ports},
		"/devices/{device}/ports":               {"GET": s.ports},
	} {
		s.routes.HandleFunc(base+path, func(w http.ResponseWriter, r *http.Request) {
			serve := methods[r.Method]
			if serve == nil {
				http.Error(w, "operation not supported", http.StatusBadRequest)
				return
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			serve(w, r)
		})
	}
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// read takes a JSON body, with 409 if it is none.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	raw, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
	}
	return err == nil
}

func (s *Server) profile(id string) *profile {
	for _, p := range s.profiles {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// addProfile ignores a profile whose name it has, whatever it says.
func (s *Server) addProfile(w http.ResponseWriter, r *http.Request) {
	var p profile
	if !read(w, r, &p) || lies(r) {
		return
	}
	if p.ID = r.PathValue("id"); s.profile(p.ID) == nil {
		p.meter = len(s.profiles) + 1
		s.profiles = append(s.profiles, &p)
	}
}

func (s *Server) getProfile(w http.ResponseWriter, r *http.Request) {
	if p := s.profile(r.PathValue("id")); p != nil {
		answer(w, p)
		return
	}
	w.WriteHeader(http.StatusConflict)
}

func (s *Server) deleteProfile(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	switch {
	case !read(w, r, &struct{}{}):
	case s.profile(id) == nil:
		http.Error(w, "Meter profile doesn't exist", http.StatusConflict)
	case slices.ContainsFunc(s.services, func(v *service) bool { return v.tags.Up == id || v.tags.Down == id }):
		http.Error(w, "Service reference is not 0", http.StatusConflict)
	case !lies(r):
		s.profiles = slices.DeleteFunc(s.profiles, func(p *profile) bool { return p.ID == id })
	}
}

// addSubscriber answers 200 whatever becomes of it: services of a port and technology profile that has one, or with a profile that
// does not exist, are not stored.
func (s *Server) addSubscriber(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID       string    `json:"id"`
		NASPort  string    `json:"nasPortId"`
		RemoteID string    `json:"remoteId"`
		Tags     []tagInfo `json:"uniTagList"`
	}
	if !read(w, r, &in) || lies(r) {
		return
	}
	for _, t := range in.Tags {
		taken := slices.ContainsFunc(s.services, func(v *service) bool {
			return v.port == in.NASPort && v.tags.TechProfile == t.TechProfile
		})
		if taken || s.profile(t.Up) == nil || s.profile(t.Down) == nil {
			continue
		}
		v := &service{name: fmt.Sprintf("%s_%s-%d-%d-%d-%d", in.ID, in.NASPort, t.UNITag, t.STag, t.CTag, t.TechProfile),
			port: in.NASPort, kind: t.ServiceName, remoteID: in.RemoteID, tags: t}
		v.tags.ServiceName, v.tags.UpOLT, v.tags.DownOLT, v.tags.MAC = v.name, t.Up, t.Down, "00:00:00:00:00:00"
		s.services = append(s.services, v)
	}
}

// deleteSubscriber wants a JSON body, and takes away whatever has the id in its name.
func (s *Server) deleteSubscriber(w http.ResponseWriter, r *http.Request) {
	id, found := r.PathValue("id"), false
	if !read(w, r, &struct{}{}) {
		return
	}
	for _, v := range slices.Clone(s.services) {
		if !strings.Contains(v.name, id) {
			continue
		}
		if found = true; lies(r) {
			continue
		}
		v.active = false
		s.touch(v)
		s.services = slices.DeleteFunc(s.services, func(each *service) bool { return each == v })
	}
	if !found {
		http.Error(w, "service not found", http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// touch has flows follow a change of a service.
func (s *Server) touch(v *service) {
	if o := s.onu(strings.TrimSuffix(v.port, "-1")); o != nil {
		s.refresh(o)
	}
}

// switched does something with the services of a port, or the one with the tags of the path. None is 200, too.
func (s *Server) switched(w http.ResponseWriter, r *http.Request, do func(*service)) {
	var tags []int
	for _, name := range []string{"sTag", "cTag", "tpId"} {
		if text := r.PathValue(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				http.Error(w, err.Error(), http.StatusConflict)
				return
			}
			tags = append(tags, n)
		}
	}
	for _, v := range s.services {
		if v.port == r.PathValue("port") && (tags == nil || slices.Equal(tags, []int{v.tags.STag, v.tags.CTag, v.tags.TechProfile})) {
			do(v)
			s.touch(v)
		}
	}
}

func (s *Server) turnOn(w http.ResponseWriter, r *http.Request) {
	s.switched(w, r, func(v *service) { v.active, v.hollow = true, lies(r) })
}

func (s *Server) turnOff(w http.ResponseWriter, r *http.Request) {
	s.switched(w, r, func(v *service) { v.active = v.active && lies(r) })
}

// programmed tells what is stored, whether it is installed or not.
func (s *Server) programmed(w http.ResponseWriter, _ *http.Request) {
	type row struct {
		Location string  `json:"location"`
		TagInfo  tagInfo `json:"tagInfo"`
	}
	rows := []row{}
	for _, v := range s.services {
		where := ""
		if o := s.onu(strings.TrimSuffix(v.port, "-1")); o != nil {
			where = o.at.datapath()
		}
		rows = append(rows, row{where, v.tags})
	}
	answer(w, map[string]any{"subscribers": rows})
}

// configured says UP of every service that is turned on, with flows or without.
func (s *Server) configured(w http.ResponseWriter, r *http.Request) {
	rows := []map[string]string{}
	for _, v := range s.services {
		serial := strings.TrimSuffix(v.port, "-1")
		if o := s.onu(serial); o == nil || o.at.OLT.Serial != r.PathValue("olt") {
			continue
		}
		state := "DOWN"
		if v.active {
			state = "UP"
		}
		rows = append(rows, map[string]string{"onuSerial": serial, "oltSerial": r.PathValue("olt"), "subType": v.kind, "state": state,
			"subSTag": strconv.Itoa(v.tags.STag), "subCTag": strconv.Itoa(v.tags.CTag), "ingressPBit": "0", "egressPBit": "0", "oltUplinkPort": strconv.Itoa(nni)})
	}
	if len(rows) == 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	answer(w, map[string]any{"serviceConfig": rows})
}
