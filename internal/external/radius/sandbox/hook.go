package sandbox

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// nasIP is what the BNG gives as NAS-IP-Address.
const nasIP = "127.0.0.1"

// pair is a request attribute as rlm_rest writes it. Enumerated integers are names, others numbers.
type pair struct {
	name, kind string
	value      any // string or uint64
}

// encode writes attributes in the order they have.
func encode(pairs []pair) []byte {
	var out bytes.Buffer
	for i, p := range pairs {
		lead := byte(',')
		if i == 0 {
			lead = '{'
		}
		out.WriteByte(lead)
		value := fmt.Sprint(p.value)
		if text, is := p.value.(string); is {
			value = quote(text)
		}
		fmt.Fprintf(&out, `%s:{"type":%s,"value":[%s]}`, quote(p.name), quote(p.kind), value)
	}
	out.WriteByte('}')
	return out.Bytes()
}

// quote writes text as FreeRADIUS does: a slash is escaped, and every byte beyond ASCII is a character.
func quote(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\' || c == '/':
			out.WriteByte('\\')
			out.WriteByte(c)
		case c < 0x20 || c > 0x7E:
			fmt.Fprintf(&out, `\u%04X`, c)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// asked are the attributes of an Access-Request of PPPoE.
func (b *BNG) asked(l *line) []pair {
	return []pair{{"User-Name", "string", l.user}, {"User-Password", "string", l.password}, {"NAS-IP-Address", "ipaddr", nasIP},
		{"Service-Type", "integer", "Framed-User"}, {"Framed-Protocol", "integer", "PPP"}, {"Calling-Station-Id", "string", mac(l.user)},
		{"NAS-Identifier", "string", b.o.NASIdentifier}, {"NAS-Port-Type", "integer", "Ethernet"}, {"NAS-Port-Id", "string", l.port}}
}

// dial asks whether a subscriber may, and opens the session. FreeRADIUS says nothing when the hook fails.
func (b *BNG) dial(l *line) (*session, error) {
	asked := b.asked(l)
	status, answer := b.post(l.ctx, "authorize", l.user, "", encode(asked))
	lists, err := decode(answer)
	switch {
	case status == http.StatusUnauthorized || status == http.StatusNotFound || status == http.StatusGone:
		return nil, b.refused(l, asked, first(lists["reply:Reply-Message"]))
	case status == http.StatusOK && err == nil && first(lists["control:Cleartext-Password"]) != l.password:
		failure := pair{"Module-Failure-Message", "string", `pap: Cleartext password does not match "known good" password`}
		return nil, b.refused(l, append(asked, failure), "")
	case status == http.StatusNoContent: // there is no password to compare with
		return nil, b.refused(l, asked, "")
	case status != http.StatusOK || err != nil:
		return nil, b.outcome(l, &l.told.Unanswered, fmt.Errorf("%w: HTTP %d", ErrUnanswered, status))
	}
	b.post(l.ctx, "post-auth", l.user, "", encode(asked))
	reply := map[string][]string{}
	for name, values := range lists {
		if name, isReply := strings.CutPrefix(name, "reply:"); isReply {
			reply[name] = values
		}
	}
	if digits, isHex := strings.CutPrefix(first(reply["Class"]), "0x"); isHex {
		class, _ := hex.DecodeString(digits)
		reply["Class"] = []string{string(class)}
	}
	_ = b.outcome(l, &l.told.Accepted, nil)
	return b.open(l, reply), nil
}

func (b *BNG) refused(l *line, asked []pair, message string) error {
	b.post(l.ctx, "post-auth", l.user, "", encode(asked))
	return b.outcome(l, &l.told.Refused, fmt.Errorf("%w: %s", ErrRefused, message))
}

func (b *BNG) outcome(l *line, counted *int, err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	*counted++
	l.told.Last = "accepted"
	if err != nil {
		l.told.Last = err.Error()
	}
	return err
}

// mac makes up an address that a router keeps.
func mac(user string) string {
	sum := uint32(2166136261) // FNV-1a
	for _, c := range []byte(user) {
		sum = (sum ^ uint32(c)) * 16777619
	}
	return fmt.Sprintf("02:00:%02x:%02x:%02x:%02x", byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
}

// post calls the hook as rlm_rest does; 0 is no answer.
func (b *BNG) post(ctx context.Context, section, user, status string, body []byte) (int, []byte) {
	code, answer := b.call(ctx, section, body)
	b.log(Entry{Call: section, User: user, Status: status, Answer: fmt.Sprint(code)})
	return code, answer
}

func (b *BNG) call(ctx context.Context, section string, body []byte) (int, []byte) {
	at := b.peer()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at.hook+"/"+section, bytes.NewReader(body))
	if err != nil {
		return 0, nil
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "User-Agent": "FreeRADIUS 3.2.1", "Accept": "*/*",
		"X-FreeRADIUS-Section": section, "X-FreeRADIUS-Server": "turnup", "x-api-key": at.key} {
		r.Header.Set(name, value)
	}
	w, err := b.client.Do(r)
	if err != nil {
		return 0, nil
	}
	defer w.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(w.Body, 1<<20))
	if err != nil {
		return 0, nil
	}
	return w.StatusCode, answer
}

// decode reads an answer, in both forms that rlm_rest takes.
func decode(answer []byte) (map[string][]string, error) {
	var raw map[string]any
	in := json.NewDecoder(bytes.NewReader(answer))
	in.UseNumber()
	if err := in.Decode(&raw); err != nil {
		return nil, err
	}
	lists := map[string][]string{}
	for name, value := range raw {
		if long, is := value.(map[string]any); is {
			value = long["value"]
		}
		values, isList := value.([]any)
		if !isList {
			values = []any{value}
		}
		for _, v := range values {
			lists[name] = append(lists[name], unescape.Replace(fmt.Sprint(v)))
		}
	}
	return lists, nil
}

// unescape is what FreeRADIUS does to every value.
var unescape = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`)

// stamp writes a time as rlm_rest does in UTC.
func stamp(t time.Time) string { return t.UTC().Format("Jan _2 2006 15:04:05 UTC") }
