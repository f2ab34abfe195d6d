package network

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"turnup/internal/base/event"
	"turnup/internal/domain/ledger"
	"turnup/internal/domain/order"
	domain "turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscription"
	genieacs "turnup/internal/external/genieacs/sandbox"
	netbox "turnup/internal/external/netbox/sandbox"
	bng "turnup/internal/external/radius/sandbox"
	voltha "turnup/internal/external/voltha/sandbox"
)

// wrong collects what is wrong.
type wrong []string

func (w *wrong) add(format string, args ...any) { *w = append(*w, fmt.Sprintf(format, args...)) }

// eventually looks until nothing is wrong, for as long as messages may be on their way.
func (w *World) eventually(ctx context.Context, look func() wrong) (out wrong) {
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		w.pump(ctx)
		if out = look(); len(out) == 0 || time.Now().After(until) {
			return out
		}
	}
}

// network is what the four sandboxes have of a line.
type inNetwork struct {
	onus      []netbox.InterfaceRecord
	addresses []netbox.AddressRecord
	prefixes  []netbox.PrefixRecord
	onu       voltha.ONUState
	services  []voltha.ServiceState
	router    genieacs.DeviceState
	tasks     int
	line      *bng.Line
}

func (l *Line) inNetwork(username string) (n inNetwork) {
	box, line, routers := l.Plant.Netbox.State(), l.Plant.Voltha.State(), l.Plant.Genieacs.State()
	for _, i := range box.Interfaces {
		if i.Description == string(l.Service) || strings.HasSuffix(i.Name, l.Home.ONU) {
			n.onus = append(n.onus, i)
		}
	}
	for _, a := range box.Addresses {
		if a.Description == string(l.Service) || strings.HasPrefix(a.DNSName, strings.TrimSuffix(username, "@"+string(l.tenant))) {
			n.addresses = append(n.addresses, a)
		}
	}
	for _, p := range box.Prefixes {
		if p.Description == string(l.Service) {
			n.prefixes = append(n.prefixes, p)
		}
	}
	for _, o := range line.ONUs {
		if o.Serial == l.Home.ONU {
			n.onu = o
		}
	}
	for _, v := range line.Services {
		if v.Port == l.Home.ONU+"-1" || v.RemoteID == username {
			n.services = append(n.services, v)
		}
	}
	for _, d := range routers.Devices {
		if d.ID == l.Home.CPE {
			n.router = d
		}
	}
	for _, t := range routers.Tasks {
		if t.Device == l.Home.CPE {
			n.tasks++
		}
	}
	for _, f := range routers.Faults {
		if strings.HasPrefix(f, l.Home.CPE) {
			n.tasks++
		}
	}
	for _, each := range l.Plant.BNG.State().Lines {
		if each.User == username {
			n.line = &each
		}
	}
	return n
}

// standing is what is wrong about a line that is in use, or suspended. S3-52, S3-53, S3-129.
func (l *Line) standing(ctx context.Context, s domain.Service) (out wrong) {
	n := l.inNetwork(s.Username)
	if len(n.onus) != 1 || n.onus[0].Parent == 0 || n.onus[0].Name != l.Home.PON+":"+l.Home.ONU {
		out.add("netbox: ONU recorded as %+v", n.onus)
	} else if len(n.addresses) != 1 || n.addresses[0].Interface != n.onus[0].ID || n.addresses[0].Address.String() != s.Allocation.Address || n.addresses[0].Status != "active" {
		out.add("netbox: addresses %+v, want one at the ONU, %s", n.addresses, s.Allocation.Address)
	}
	if len(n.prefixes) != 1 || n.prefixes[0].Prefix.String() != s.Allocation.Prefix6 {
		out.add("netbox: delegated %+v, want one, %s", n.prefixes, s.Allocation.Prefix6)
	}
	if !n.onu.Active || len(n.services) != 1 || !n.services[0].Installed || n.services[0].RemoteID != s.Username || n.services[0].Down != fmt.Sprintf("HSI-%d", s.Profile.DownKbps) {
		out.add("access network: ONU %+v, services %+v", n.onu, n.services)
	}
	if n.router.Username != s.Username || n.tasks > 0 || len(n.router.Tags) != 2 {
		out.add("genieacs: router with user name %q, tags %v, %d tasks and faults", n.router.Username, n.router.Tags, n.tasks)
	}
	r, err := l.look(ctx, s)
	if err != nil || r.account == nil {
		out.add("there is no account (%v)", err)
		return out
	}
	online := 1
	if s.State != domain.Active {
		online = 0
	}
	sessions := 0
	if n.line != nil && n.line.Session != nil {
		sessions = 1
		if address, _, _ := strings.Cut(s.Allocation.Address, "/"); n.line.Session.FramedIP != address {
			out.add("BNG: the session has %s, not %s", n.line.Session.FramedIP, address)
		}
	}
	if sessions != online || r.live.Online() != online || (r.account.Barred == "") != (online == 1) {
		out.add("sessions: %d at the BNG, %d known, want %d; account barred: %q", sessions, r.live.Online(), online, r.account.Barred)
	}
	return append(out, r.contract(s)...)
}

// contract is what is wrong about what was bought, and the money: it goes back when the line never worked.
func (r rows) contract(s domain.Service) (out wrong) {
	sub, o, left := subscription.Active, order.Delivered, int64(0)
	if s.Cancelled {
		sub, o, left = subscription.Ended, order.Paid, price.Minor
	}
	if r.subscription.State != sub || r.order.State != o || r.wallet.Available != left {
		out.add("subscription %s, order %s, %d in the wallet; want %s, %s, %d", r.subscription.State, r.order.State, r.wallet.Available, sub, o, left)
	}
	return out
}

// booked is what is wrong about the entries: I1, and each booked once.
func (l *Line) booked(ctx context.Context, s domain.Service) (out wrong) {
	entries, _, err := l.Store.WalletEntries(ctx, l.tenant, l.Customer, price.Currency, "", 50)
	if err != nil {
		out.add("the books cannot be read: %v", err)
		return out
	}
	missing := map[ledger.Kind]int{ledger.KindOperatorCredit: 1, ledger.KindWalletSale: 1}
	if s.Cancelled {
		missing[ledger.KindRefund] = 1
	}
	for _, e := range entries {
		missing[e.Kind]--
		if err := e.Validate(); err != nil {
			out.add("I1: %v", err)
		}
	}
	for kind, n := range missing {
		if n != 0 {
			out.add("%d entries of kind %s are missing (or, below zero, too many)", n, kind)
		}
	}
	return out
}

// left is what is left of a line that has ended: I11, of the network.
func (l *Line) left(ctx context.Context, s domain.Service) (out wrong) {
	if s.State != domain.Terminated {
		out.add("the service is %s; work %+v", s.State, s.Work)
		return out
	}
	n := l.inNetwork(s.Username)
	if len(n.onus) > 0 || len(n.addresses) > 0 || len(n.prefixes) > 0 {
		out.add("I11, netbox: left are ONUs %+v, addresses %+v, prefixes %+v", n.onus, n.addresses, n.prefixes)
	}
	if len(n.services) > 0 || n.onu.Admin == "ENABLED" && n.onu.ServiceUp {
		out.add("I11, access network: left is ONU %+v, services %+v", n.onu, n.services)
	}
	if n.router.Username != "" || n.tasks > 0 || slices.ContainsFunc(n.router.Tags, func(t string) bool { return strings.HasPrefix(t, "service-") || strings.HasPrefix(t, "settings-") }) {
		out.add("I11, genieacs: left are user name %q, tags %v, %d tasks and faults", n.router.Username, n.router.Tags, n.tasks)
	}
	if n.line != nil {
		out.add("I11, BNG: left is %+v", n.line)
	}
	if len(out) > 0 { // it may be on its way
		return out
	}
	r, err := l.look(ctx, s)
	if err != nil {
		return wrong{err.Error()}
	}
	if r.account != nil || r.live.Online() > 0 {
		out.add("I11: account %+v, %d sessions that are known to be open", r.account, r.live.Online())
	}
	if r.location.Serves != "" || r.onu || r.cpe {
		out.add("I11: the location serves %q; claimed are the ONU: %v, the router: %v", r.location.Serves, r.onu, r.cpe)
	}
	if r.claim == s.Cancelled {
		out.add("I11: the plan is claimed: %v, but the line was given up: %v", r.claim, s.Cancelled)
	}
	return append(append(out, r.contract(s)...), l.booked(ctx, s)...)
}

// escalations is what is wrong about what was told of work that got stuck: S3-101, S3-102, once for each work; and nothing was lost
// or left behind on the way.
func (l *Line) escalations(ctx context.Context) (out wrong) {
	l.mu.Lock()
	first := map[string]int{}
	for _, e := range l.told {
		var p event.ProvisioningParked
		if e.Type == event.TypeProvisioningParked && event.Decode(e, &p) == nil && p.ServiceID == l.Service {
			if first[p.Kind] += 0; !p.Again {
				first[p.Kind]++
			}
		}
	}
	out = append(out, l.stuck...)
	l.mu.Unlock()
	for kind := range l.parked {
		if first[string(kind)] == 0 {
			out.add("%s was parked, and nobody told so", kind)
		}
	}
	for kind, n := range first {
		if n != 1 {
			out.add("that %s is parked was told %d times as if it were new", kind, n)
		}
	}
	if n, err := l.tickets(ctx); err != nil || n != len(first) {
		out.add("%d tickets for %d works that got stuck (%v)", n, len(first), err)
	}
	return out
}
