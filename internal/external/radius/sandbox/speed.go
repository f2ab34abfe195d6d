package sandbox

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

func seconds(s string) time.Duration {
	n, _ := strconv.Atoi(s)
	return time.Duration(n) * time.Second
}

var number = regexp.MustCompile(`(\d+)([kKmMgG]?)`)

// kbps reads a rate as NASes write it: 150M, 2500k.
func kbps(s string) int64 {
	m := number.FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	switch strings.ToLower(m[2]) {
	case "k":
		return n
	case "m":
		return n * 1000
	case "g":
		return n * 1_000_000
	}
	return n / 1000
}

// take makes a session as fast as attributes say, of whatever vendor they are; false when none says it.
func (s *session) take(attributes map[string][]string) bool {
	was := len(attributes)
	for name, values := range attributes {
		switch name, _, _ := strings.Cut(name, ":"); name {
		case "WISPr-Bandwidth-Max-Up":
			s.UpKbps = kbps(first(values))
		case "WISPr-Bandwidth-Max-Down":
			s.DownKbps = kbps(first(values))
		case "Mikrotik-Rate-Limit": // rx/tx [burst …]
			rates, _, _ := strings.Cut(first(values), " ")
			rx, tx, both := strings.Cut(rates, "/")
			if !both {
				tx = rx
			}
			s.UpKbps, s.DownKbps = kbps(rx), kbps(tx)
		case "Cisco-AVPair":
			for _, pair := range values {
				switch key, policy, _ := strings.Cut(pair, "="); key {
				case "ip:sub-qos-policy-in":
					s.UpKbps = kbps(policy)
				case "ip:sub-qos-policy-out":
					s.DownKbps = kbps(policy)
				}
			}
		case "ERX-Service-Activate": // profile(down,up)
			_, arguments, _ := strings.Cut(first(values), "(")
			down, up, _ := strings.Cut(arguments, ",")
			s.UpKbps, s.DownKbps = kbps(up), kbps(down)
		case "ERX-Service-Deactivate":
		default:
			was--
		}
	}
	return was > 0
}
