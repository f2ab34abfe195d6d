package freeradius

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// Attribute is one of a request, as radclient reads it: the value of an integer may be its name. A value with a backslash cannot
// be relied on: radclient reads escapes once or twice.
type Attribute struct{ Name, Value string }

// Reply is what FreeRADIUS answered.
type Reply struct {
	Code       string              // Access-Accept, Access-Reject, Accounting-Response; empty when nothing came
	Attributes map[string][]string // as radclient writes them; octets as 0x…
}

// Accepted tells whether the subscriber may dial in.
func (r Reply) Accepted() bool { return r.Code == "Access-Accept" }

// Get is the first value of an attribute.
func (r Reply) Get(name string) string {
	if values := r.Attributes[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// PAP dials in with the password as it is.
func (s *Server) PAP(ctx context.Context, user, password string, more ...Attribute) (Reply, error) {
	return s.Send(ctx, s.Auth, "auth", Secret, append([]Attribute{{"User-Name", user}, {"User-Password", password}}, more...)...)
}

// CHAP dials in with a digest of the password.
func (s *Server) CHAP(ctx context.Context, user, password string, more ...Attribute) (Reply, error) {
	return s.Send(ctx, s.Auth, "auth", Secret, append([]Attribute{{"User-Name", user}, {"CHAP-Password", password}}, more...)...)
}

// Account reports a session. An empty Code means that the report was not taken.
func (s *Server) Account(ctx context.Context, attributes ...Attribute) (Reply, error) {
	return s.Send(ctx, s.Acct, "acct", Secret, attributes...)
}

// Send sends a packet of radclient's type (auth, acct, coa, disconnect) to any address, for example of a NAS, with a secret.
func (s *Server) Send(ctx context.Context, address, kind, secret string, attributes ...Attribute) (Reply, error) {
	wait := strconv.FormatFloat(s.Patience.Seconds(), 'f', 3, 64)
	cmd := exec.CommandContext(ctx, s.radclient, "-x", "-r", "1", "-t", wait, address, kind, secret)
	var in strings.Builder
	for _, a := range attributes {
		fmt.Fprintf(&in, "%s = \"%s\"\n", a.Name, quoted.Replace(a.Value))
	}
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) { // 1 is a reject, a NAK or no answer
		return Reply{}, err
	}
	reply := read(string(out))
	if reply.Code == "" && !strings.Contains(string(out), "No reply") {
		return Reply{}, fmt.Errorf("radclient sent nothing to %s", address) // its words may have the password
	}
	return reply, nil
}

var (
	quoted   = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	unquoted = strings.NewReplacer(`\\`, `\`, `\"`, `"`)
)

// read takes the answer out of what radclient writes.
func read(out string) Reply {
	r := Reply{Attributes: map[string][]string{}}
	for line := range strings.Lines(out) {
		if rest, received := strings.CutPrefix(line, "Received "); received {
			r.Code, _, _ = strings.Cut(rest, " ")
			continue
		}
		name, value, is := strings.Cut(strings.TrimSpace(line), " = ")
		if r.Code == "" || !is || !strings.HasPrefix(line, "\t") {
			continue
		}
		if text, is := strings.CutPrefix(value, `"`); is {
			value = unquoted.Replace(strings.TrimSuffix(text, `"`))
		}
		r.Attributes[name] = append(r.Attributes[name], value)
	}
	return r
}
