package radius

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"turnup/internal/base/fault"
	"turnup/internal/domain/provisioning"
	"turnup/internal/domain/subscriber"
)

// Fleet are the operator's NASes by their identifiers.
type Fleet map[string]NAS

// AnyNAS is the identifier of the entry that stands for NASes which are not listed.
const AnyNAS = "*"

// ParseFleet reads NASes as identifier=type@address, comma-separated, for example "bng1=mikrotik@10.0.0.1:1700,*=generic", and their
// shared secrets as identifier=secret. Who only answers requests needs no addresses and secrets.
func ParseFleet(text, secrets string) (Fleet, error) {
	fleet := Fleet{}
	for _, entry := range split(text) {
		name, rest, ok := strings.Cut(entry, "=")
		kind, address, _ := strings.Cut(rest, "@")
		switch n := (NAS{Identifier: name, Address: address, Type: NASType(kind)}); {
		case !ok || name == "":
			return nil, errors.New("radius: a NAS is written identifier=type@address")
		case n.Type != Generic && n.Type != MikroTik && n.Type != Cisco && n.Type != Juniper:
			return nil, fmt.Errorf("radius: NAS %s is of an unknown type", name)
		default:
			fleet[name] = n
		}
	}
	for _, entry := range split(secrets) {
		name, secret, _ := strings.Cut(entry, "=")
		n, listed := fleet[name]
		if !listed || secret == "" {
			return nil, errors.New("radius: a secret is written identifier=secret, of a NAS that is listed")
		}
		n.Secret = secret
		fleet[name] = n
	}
	return fleet, nil
}

func split(text string) (entries []string) {
	for _, e := range strings.Split(text, ",") {
		if e = strings.TrimSpace(e); e != "" {
			entries = append(entries, e)
		}
	}
	return entries
}

// typeOf is what kind of NAS asks; one that is not listed is as the entry for any, or generic.
func (f Fleet) typeOf(nas string) NASType {
	if n, ok := f[nas]; ok {
		return n.Type
	}
	if n, ok := f[AnyNAS]; ok {
		return n.Type
	}
	return Generic
}

// reportEvery is how often NASes are asked to report, in seconds.
const reportEvery = 300

// Accepted is the body that lets an account in at a NAS.
func (f Fleet) Accepted(a subscriber.Account, secret, nas string) ([]byte, error) {
	return Accept{UserName: a.Username, Secret: secret, Profile: provisioning.Profile{DownKbps: a.DownKbps, UpKbps: a.UpKbps}, NASType: f.typeOf(nas), Address: a.Address, Prefix6: a.Prefix6,
		Class: string(a.Service), InterimSeconds: reportEvery}.Body()
}

// MessageOf reads what rlm_rest sends in a section. A report without a time is of now; so is one whose clock is out by more than a day.
func MessageOf(section Section, body []byte, now time.Time) (subscriber.Message, error) {
	q, err := Parse(section, body)
	if err != nil {
		return subscriber.Message{}, err
	}
	m := subscriber.Message{Username: strings.ToLower(q.UserName), NAS: q.NASIdentifier, Restart: q.Status == On || q.Status == Off}
	if m.NAS == "" && q.NASIP.IsValid() {
		m.NAS = q.NASIP.String()
	}
	if section == Accounting && m.NAS == "" {
		return m, fault.ErrInvalid.Naming("NAS-Identifier", "a report names its NAS")
	}
	at := q.EventTime
	if apart := now.Sub(at).Abs(); at.IsZero() || apart > 24*time.Hour {
		at = now
	}
	m.Report = subscriber.Report{Kind: kindOf(q.Status), UniqueID: q.UniqueID, ID: q.SessionID, NAS: m.NAS, Up: counter(q.InOctets), Down: counter(q.OutOctets),
		Lasted: time.Duration(q.SessionSeconds) * time.Second, Why: q.TerminateCause, At: at.UTC().Truncate(time.Millisecond)}
	if q.FramedIP.IsValid() {
		m.Report.Address = q.FramedIP.String()
	}
	return m, nil
}

// counter keeps a count of bytes that no line could carry out of the sums.
func counter(v uint64) int64 { return int64(min(v, 1<<60)) }

func kindOf(s Status) subscriber.Kind {
	return map[Status]subscriber.Kind{Start: subscriber.Start, Interim: subscriber.Interim, Stop: subscriber.Stop}[s]
}

// Sessions changes sessions at the fleet's NASes.
type Sessions struct {
	Fleet   Fleet
	Dynamic *Dynamic
}

func (s Sessions) session(username string, of subscriber.Session) (Session, error) {
	n, listed := s.Fleet[of.NAS]
	if !listed || n.Address == "" || n.Secret == "" {
		return Session{}, provisioning.ErrRefused.With("system", "radius").With("cause", "NAS "+of.NAS+" is not listed with address and secret")
	}
	out := Session{NAS: n, UserName: username, ID: of.ID}
	out.FramedIP, _ = netip.ParseAddr(of.Address)
	return out, nil
}

// Disconnect ends a session and says how it went: acked, or gone when the NAS did not have it.
func (s Sessions) Disconnect(ctx context.Context, username string, of subscriber.Session) (string, error) {
	at, err := s.session(username, of)
	if err != nil {
		return "", err
	}
	result, err := s.Dynamic.Disconnect(ctx, at)
	return string(result), err
}

// ChangeSpeed gives a session another speed; one that is gone gets it when it dials in again.
func (s Sessions) ChangeSpeed(ctx context.Context, username string, of subscriber.Session, downKbps, upKbps int64) error {
	at, err := s.session(username, of)
	if err != nil {
		return err
	}
	_, err = s.Dynamic.ChangeSpeed(ctx, at, provisioning.Profile{DownKbps: downKbps, UpKbps: upKbps})
	return err
}
