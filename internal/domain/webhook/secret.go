package webhook

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Key makes the secrets of all endpoints. They are stored nowhere: a secret follows from endpoint and generation, so that no table, list,
// event or log can hold one, and whoever repeats the request that made it is answered the same.
type Key []byte

const secretPrefix = "whsec_"

// SecretOf is the secret of an endpoint in one of its generations, as partners get it.
func (k Key) SecretOf(e Endpoint, generation int) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(k.raw(e, generation))
}

func (k Key) raw(e Endpoint, generation int) []byte {
	raw, err := hkdf.Key(sha256.New, k, nil, fmt.Sprintf("webhook|%s|%s|%d", e.Tenant, e.ID, generation), sha256.Size)
	if err != nil {
		panic(err) // only for lengths over 255 hashes
	}
	return raw
}

// Headers are those of a message that is sent now: signed by the secret, and by the one before while it is good.
func (k Key) Headers(e Endpoint, d Delivery, now time.Time) (map[string]string, error) {
	generations := []int{e.Generation}
	if !e.PreviousUntil(now).IsZero() {
		generations = append(generations, e.Generation-1)
	}
	var signatures []string
	for _, g := range generations {
		by, err := standard.NewWebhookRaw(k.raw(e, g))
		if err != nil {
			return nil, fmt.Errorf("webhook: %w", err)
		}
		signature, err := by.Sign(string(d.Message), now, []byte(d.Body))
		if err != nil {
			return nil, fmt.Errorf("webhook: %w", err)
		}
		signatures = append(signatures, signature)
	}
	return map[string]string{standard.HeaderWebhookID: string(d.Message), standard.HeaderWebhookTimestamp: fmt.Sprint(now.Unix()), standard.HeaderWebhookSignature: strings.Join(signatures, " ")}, nil
}
