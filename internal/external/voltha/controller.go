package voltha

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"turnup/internal/domain/provisioning"
)

// profile is a bandwidth profile of the controller: kbit/s and bytes.
type profile struct {
	ID  string `json:"id"`
	CIR int64  `json:"cir"`
	CBS int64  `json:"cbs"`
	PIR int64  `json:"pir"`
	PBS int64  `json:"pbs"`
}

// profileOf is the profile of a speed: a tenth of it is committed, all of it is reached while the PON has room. Nothing is
// guaranteed (gir): that would be taken from the others at the PON even while it is not used. Bursts are those of 10 ms.
// The controller ignores a profile whose name it has; the name tells all of it.
func profileOf(kbps int64) profile {
	burst := func(kbps int64) int64 { return max(2000, kbps*10/8) }
	committed := max(1, kbps/10)
	return profile{ID: "HSI-" + strconv.FormatInt(kbps, 10), CIR: committed, CBS: burst(committed), PIR: kbps, PBS: burst(kbps)}
}

// service is what a subscriber gets at a port, as the controller takes it and tells it.
type service struct {
	Name        string `json:"serviceName"`
	UNITag      int    `json:"uniTagMatch"`
	CTag        int    `json:"ponCTag"`
	STag        int    `json:"ponSTag"`
	TechProfile int    `json:"technologyProfileId"`
	Up          string `json:"upstreamBandwidthProfile"`
	Down        string `json:"downstreamBandwidthProfile"`
}

// untagged is the controller's word for frames without a VLAN.
const untagged = 4096

// same tells whether a service the controller has is the one wanted. Its name is the controller's.
func (s service) same(has service) bool { has.Name = s.Name; return s == has }

// subscriber is the record of a port (SADIS).
type subscriber struct {
	ID        string    `json:"id"`
	NASPort   string    `json:"nasPortId"`
	CircuitID string    `json:"circuitId"`
	RemoteID  string    `json:"remoteId"`
	Services  []service `json:"uniTagList"`
}

// tell makes a call of the controller that must be answered with one of the statuses, 200 if none is given.
func (c *Client) tell(ctx context.Context, method, path string, in, out any, statuses ...int) (int, error) {
	a, err := c.controller.Call(ctx, method, path, in)
	switch {
	case err != nil:
		return 0, err
	case a.Status != http.StatusOK && !slices.Contains(statuses, a.Status):
		return 0, c.controller.Fault(provisioning.ErrRefused, fmt.Errorf("%s %s: HTTP %d", method, path, a.Status))
	case a.Status == http.StatusOK && out != nil:
		if err := a.Decode(out); err != nil {
			return 0, c.controller.Fault(provisioning.ErrRefused, err)
		}
	}
	return a.Status, nil
}

// programmed reads the service the controller has at a port, whether it is in the OLT or not; nil when there is none. What is
// there under another technology profile is not ours.
func (c *Client) programmed(ctx context.Context, port string) (*service, error) {
	var list struct {
		Subscribers []struct {
			TagInfo service `json:"tagInfo"`
		} `json:"subscribers"`
	}
	if _, err := c.tell(ctx, http.MethodGet, "/programmed-subscribers", nil, &list); err != nil {
		return nil, err
	}
	for _, s := range list.Subscribers {
		// its names are <subscriber>_<port>-<UNI VLAN>-<S-VLAN>-<C-VLAN>-<technology profile>
		if strings.Contains(s.TagInfo.Name, "_"+port+"-") && s.TagInfo.TechProfile == c.o.TechProfile {
			return &s.TagInfo, nil
		}
	}
	return nil, nil
}

// subscribe makes the controller have the service wanted at a port, and no other, and turns it on. An answer of 200 says that it
// is stored, not that it is in the OLT, and a record for a port that has one is ignored: another speed takes the service down first.
func (c *Client) subscribe(ctx context.Context, port string, l provisioning.Line, want service) error {
	for _, p := range []profile{profileOf(l.Profile.UpKbps), profileOf(l.Profile.DownKbps)} {
		if _, err := c.tell(ctx, http.MethodPost, "/profiles/"+p.ID, p, nil); err != nil {
			return err
		}
	}
	has, err := c.programmed(ctx, port)
	if err != nil {
		return err
	}
	if has != nil && !want.same(*has) {
		if err := c.unsubscribe(ctx, port); err != nil {
			return err
		}
		has = nil
	}
	if has == nil {
		record := subscriber{ID: port, NASPort: port, CircuitID: string(l.Service), RemoteID: l.Username, Services: []service{want}}
		if _, err := c.tell(ctx, http.MethodPost, "/subscribers/"+port, record, nil); err != nil {
			return err
		}
	}
	_, err = c.tell(ctx, http.MethodPost, "/services/"+port, nil, nil)
	return err
}

// unsubscribe takes everything off a port and looks that it is gone. The controller wants a JSON body with the deletion (409 without),
// and answers 400 when it has no such subscriber.
func (c *Client) unsubscribe(ctx context.Context, port string) error {
	if _, err := c.tell(ctx, http.MethodDelete, "/services/"+port, nil, nil); err != nil {
		return err
	}
	if _, err := c.tell(ctx, http.MethodDelete, "/subscribers/"+port, struct{}{}, nil, http.StatusAccepted, http.StatusBadRequest); err != nil {
		return err
	}
	return c.until(ctx, c.o.Discovery, func(ctx context.Context) error {
		has, err := c.programmed(ctx, port)
		if err == nil && has != nil {
			err = c.controller.Fault(provisioning.ErrUnanswered, fmt.Errorf("the service at %s is still there", port))
		}
		return err
	})
}

// What the controller says of a port's flows; there is more.
const (
	allFlows = "ALL_FLOWS_PROVISIONED"
	noFlows  = "NO_FLOWS_PROVISIONED"
)

// flows reads how far the flows of a port are in the OLT.
func (c *Client) flows(ctx context.Context, port string) (string, error) {
	var answer struct{ FlowProvisionStatus string }
	status, err := c.tell(ctx, http.MethodGet, "/flow-status/"+port, nil, &answer, http.StatusNotFound)
	if err != nil || status == http.StatusOK {
		return answer.FlowProvisionStatus, err
	}
	return c.countFlows(ctx, port)
}

// countFlows looks for a flow of the port's, for controllers that do not sum them up. Flows to the controller itself (DHCP, PPPoE
// discovery) carry no traffic.
func (c *Client) countFlows(ctx context.Context, port string) (string, error) {
	var ports struct {
		Ports []struct {
			Device      string `json:"element"`
			Number      string `json:"port"`
			Annotations struct {
				Name string `json:"portName"`
			} `json:"annotations"`
		} `json:"ports"`
	}
	if _, err := c.tell(ctx, http.MethodGet, "/devices/ports", nil, &ports); err != nil {
		return "", err
	}
	for _, p := range ports.Ports {
		if p.Annotations.Name != port {
			continue
		}
		var list struct {
			Flows []flow `json:"flows"`
		}
		if _, err := c.tell(ctx, http.MethodGet, "/flows/"+p.Device, nil, &list); err != nil {
			return "", err
		}
		if slices.ContainsFunc(list.Flows, func(f flow) bool { return f.from(p.Number) }) {
			return allFlows, nil
		}
	}
	return noFlows, nil
}

type flow struct {
	Selector struct {
		Criteria []struct {
			Type string `json:"type"`
			Port int64  `json:"port"`
		} `json:"criteria"`
	} `json:"selector"`
	Treatment struct {
		Instructions []struct {
			Type string `json:"type"`
			Port string `json:"port"`
		} `json:"instructions"`
	} `json:"treatment"`
}

// from tells whether the flow carries what comes from a port.
func (f flow) from(port string) bool {
	for _, i := range f.Treatment.Instructions {
		if i.Type == "OUTPUT" && i.Port == "CONTROLLER" {
			return false
		}
	}
	for _, c := range f.Selector.Criteria {
		if c.Type == "IN_PORT" && strconv.FormatInt(c.Port, 10) == port {
			return true
		}
	}
	return false
}
