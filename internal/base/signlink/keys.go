package signlink

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
)

// Keys are the keys that a system shares with its partners.
type Keys struct {
	signing map[string]key // by partner: its first
	byID    map[string]key
}

type key struct {
	partner, id string
	secret      []byte
}

var keyName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$`)

// ParseKeys reads partner:kid:secret, comma-separated; the secret is base64 of at least 32 bytes. The first key of a partner signs and all
// verify, so that a new one is put behind the old one first, before it when everybody has it, and the old one is dropped when its links
// have expired. A kid names one key of one partner: by it the sender of a link is known.
func ParseKeys(text string) (*Keys, error) {
	k := &Keys{signing: map[string]key{}, byID: map[string]key{}}
	for i, part := range strings.Split(text, ",") {
		fields := strings.Split(strings.TrimSpace(part), ":")
		if len(fields) != 3 || !keyName.MatchString(fields[0]) || !keyName.MatchString(fields[1]) {
			return nil, fmt.Errorf("signlink: key %d is not partner:kid:secret", i+1)
		}
		secret, err := base64.StdEncoding.DecodeString(fields[2])
		if err != nil || len(secret) < 32 {
			return nil, fmt.Errorf("signlink: the secret of key %d is not base64 of at least 32 bytes", i+1)
		}
		one := key{fields[0], fields[1], secret}
		if _, taken := k.byID[one.id]; taken {
			return nil, fmt.Errorf("signlink: key %d has the kid of another one", i+1)
		}
		k.byID[one.id] = one
		if _, has := k.signing[one.partner]; !has {
			k.signing[one.partner] = one
		}
	}
	return k, nil
}
