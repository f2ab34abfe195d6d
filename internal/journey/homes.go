package journey

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"turnup/internal/base/token"
)

// Home is a place that the network reaches: an address with a port, and the ONU and router that stand there.
type Home struct {
	Location string
	Address  Address
	OLT, PON string
	ONU, CPE string
	Model    string // of the router: tr181 or tr098
	Recorded bool   // whether the operator has ONU and router on record for the location
}

// Address is one of a location.
type Address struct {
	Street   string `json:"street"`
	House    string `json:"houseNumber"`
	Postcode string `json:"postcode"`
	City     string `json:"city"`
	Country  string `json:"country"`
}

// NewHome thinks up a home in Berlin that nobody has: with equipment on record, at one of sixteen PONs of an OLT.
func NewHome() Home {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails, as documented
	return Home{Location: fmt.Sprintf("loc-%x", b), Address: Address{Street: "Glasfaserweg", House: fmt.Sprint(binary.BigEndian.Uint32(b[:])), Postcode: "10115", City: "Berlin", Country: "DE"},
		OLT: "olt-1", PON: fmt.Sprintf("pon-0/%d", b[0]%16), ONU: fmt.Sprintf("BBSM%X", b), CPE: fmt.Sprintf("202BC1-BM632w-%x", b), Model: "tr181", Recorded: true}
}

// AddHome has the home built in the sandbox network, and its location recorded by network operations.
func (s Site) AddHome(ctx context.Context, h Home) error {
	if err := s.Build(ctx, h); err != nil {
		return err
	}
	return s.Record(ctx, h)
}

// Build has a home built in the sandbox network.
func (s Site) Build(ctx context.Context, h Home) error {
	return s.Plant(ctx, http.MethodPut, "/_plant/homes", []map[string]any{{"onuSerial": h.ONU, "cpeId": h.CPE, "olt": h.OLT, "pon": h.PON, "model": h.Model}}, nil)
}

// Place is what putLocation is told of a home.
func (h Home) Place() map[string]any {
	place := map[string]any{"address": h.Address, "port": map[string]any{"olt": h.OLT, "pon": h.PON}, "most": map[string]any{"downKbps": 1_000_000, "upKbps": 500_000}, "serviceable": true}
	if h.Recorded {
		place["onuSerial"], place["cpeId"] = h.ONU, h.CPE
	}
	return place
}

// Record calls putLocation, as network operations.
func (s Site) Record(ctx context.Context, h Home) error {
	noc, err := s.Staff(ctx, token.RoleNetwork)
	if err != nil {
		return err
	}
	a, err := noc.Put(ctx, "/admin/locations/"+h.Location, h.Place())
	if err == nil && a.Status != http.StatusOK {
		err = fmt.Errorf("journey: no location: %d %s", a.Status, a.Raw)
	}
	return err
}

// Plant speaks to the sandbox network: what is not nil is sent and read as JSON.
func (s Site) Plant(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.Network+path, body)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return err
	case res.StatusCode >= http.StatusMultipleChoices:
		return fmt.Errorf("journey: the sandbox network answers %s %s with %d %s", method, path, res.StatusCode, raw)
	case out == nil:
		return nil
	}
	return json.Unmarshal(raw, out)
}

// What the operations on services answer, as a front end reads it. The last ones are for staff.
type (
	// Service answers getService, provisionService and what network operations do.
	Service struct {
		ServiceID, SubscriptionID, CustomerID, Name, Status, LocationID, Username string
		Profile                                                                   struct{ DownKbps, UpKbps int64 }
		Holds                                                                     []struct{ Cause, Reason string }
		Delayed                                                                   bool
		PollAfterSeconds                                                          int
		Equipment                                                                 struct{ ONUSerial, CPEID string }
		Port                                                                      struct{ OLT, PON string }
		Allocation                                                                struct {
			Address string
			Port    bool
		}
		Work Work
	}
	// Work is where the work on a service stands.
	Work struct {
		Kind   string
		Number int
		Run    int
		Tries  int
		Failed string
		Done   []string
		Parked *struct{ Step, System, Code, Cause string }
	}
)

// OrderAt calls createOrder for a plan that is for a place.
func (c *Customer) OrderAt(ctx context.Context, plan, location string) (PlanOrder, error) {
	var made PlanOrder
	a, err := c.Post(ctx, "/orders", Key(), map[string]any{"planId": plan, "locationId": location})
	if err == nil {
		err = a.Into(&made)
	}
	return made, err
}

// Resident is a customer of a mail address with a profile in Berlin, and the customer's id.
func (s Site) Resident(ctx context.Context, email string) (*Customer, string, error) {
	c, in, err := s.Verified(ctx, email)
	if err == nil {
		_, err = c.Complete(ctx)
	}
	if err != nil {
		return nil, "", err
	}
	next, err := s.Refresh(ctx, in.RefreshToken) // whose token knows of the profile
	c.Token = next.AccessToken
	return c, in.AccountID, err
}

// Traffic lets bytes through a line's session at the BNG; what it reports of them has been taken then.
func (s Site) Traffic(ctx context.Context, username string, up, down int64) error {
	return s.Plant(ctx, http.MethodPut, "/bng/_sandbox/sessions/"+username+"/traffic", map[string]int64{"upBytes": up, "downBytes": down}, nil)
}

// Qualify calls qualifyAddress.
func (s Site) Qualify(ctx context.Context, at Address) (Answer, error) {
	return s.Visitor().Get(ctx, "/service-qualification?"+url.Values{"country": {at.Country}, "postcode": {at.Postcode}, "street": {at.Street}, "houseNumber": {at.House}}.Encode())
}
