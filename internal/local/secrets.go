package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"turnup/internal/base/token"
	"turnup/internal/plant"
)

// secrets are made once per stack and kept beside it, readable by their owner only. They protect
// nothing but a local sandbox; they exist so that the local path is the real one.
type secrets struct {
	TokenSigningKey  string `json:"tokenSigningKey"` // PKCS#8, PEM
	PSPKey           string `json:"pspKey"`
	PSPWebhookSecret string `json:"pspWebhookSecret"`
	LinkKey          string `json:"linkKey"`       // base64 of 32 bytes: the tokens of links in mails
	SubscriberKey    string `json:"subscriberKey"` // base64 of 32 bytes: the secrets of RADIUS accounts
	RadiusKey        string `json:"radiusKey"`     // of FreeRADIUS
	AccessKey        string `json:"accessKey"`     // of whoever passes events of the access network on
	NASSecret        string `json:"nasSecret"`     // shared with the BNG
	NetboxToken      string `json:"netboxToken"`
	PagesKey         string `json:"pagesKey"`   // base64 of 32 bytes: signed links to the hosted pages and back
	PartnerKey       string `json:"partnerKey"` // likewise of the demo partner's pages
	OwnerKey         string `json:"ownerKey"`   // likewise of the links by which mails lead back to a signup
	CookieKey        string `json:"cookieKey"`  // base64 of 32 bytes: the cookies of pages
	WebhookKey       string `json:"webhookKey"` // likewise: the secrets of partners' endpoints
}

// ensureSecrets reads the stack's secrets and makes them if there are none yet: with new ones,
// everybody who is logged in would be logged out at each start.
func ensureSecrets(file string) (secrets, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return makeSecrets(file)
	}
	var found secrets
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	if err == nil && (found.TokenSigningKey == "" || found.PSPKey == "" || found.PSPWebhookSecret == "") {
		err = errors.New("a secret is missing in it")
	}
	if err != nil {
		return secrets{}, fmt.Errorf("the secrets in %s cannot be read (%w); remove the file and run this again", file, err)
	}
	if whole := found.complete(); whole != found {
		return whole, whole.keep(file)
	}
	return found, nil
}

// complete adds what came to be needed after the stack was made.
func (s secrets) complete() secrets {
	for _, each := range []struct {
		secret *string
		make   func() string
	}{{&s.LinkKey, newKey}, {&s.SubscriberKey, newKey}, {&s.RadiusKey, randomHex}, {&s.AccessKey, randomHex}, {&s.NASSecret, randomHex},
		{&s.PagesKey, newKey}, {&s.PartnerKey, newKey}, {&s.OwnerKey, newKey}, {&s.CookieKey, newKey}, {&s.WebhookKey, newKey},
		{&s.NetboxToken, func() string { return "nbt_" + randomHex()[:12] + "." + randomHex() }}} { // of version 2
		if *each.secret == "" {
			*each.secret = each.make()
		}
	}
	return s
}

func makeSecrets(file string) (secrets, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return secrets{}, fmt.Errorf("no signing key can be made: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return secrets{}, fmt.Errorf("no signing key can be made: %w", err)
	}
	made := secrets{
		TokenSigningKey:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		PSPKey:           "sk_test_sandbox" + randomHex(),
		PSPWebhookSecret: "whsec_" + randomHex(),
	}.complete()
	return made, made.keep(file)
}

func (s secrets) keep(file string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(file, text, 0o600); err != nil {
		return fmt.Errorf("the secrets cannot be kept: %w", err)
	}
	return nil
}

// newKey makes a key of 32 bytes, in base64.
func newKey() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails, as documented
	return base64.StdEncoding.EncodeToString(b)
}

func randomHex() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails, as documented
	return hex.EncodeToString(b)
}

// publicKeys renders the public half as the functions read it: "kid:base64 of the raw key".
func (s secrets) publicKeys() (string, error) {
	block, _ := pem.Decode([]byte(s.TokenSigningKey))
	if block == nil {
		return "", errors.New("the token signing key is not PEM; remove secrets.json and run this again")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("the token signing key cannot be read (%w); remove secrets.json and run this again", err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return "", errors.New("the token signing key is not Ed25519; remove secrets.json and run this again")
	}
	public := private.Public().(ed25519.PublicKey)
	return token.KeyID(public) + ":" + base64.StdEncoding.EncodeToString(public), nil
}

// parameters are the secrets by their names below the stack's prefix in the parameter store.
func (s secrets) parameters() map[string]string {
	return map[string]string{
		"token-signing-key":  s.TokenSigningKey,
		"psp-key":            s.PSPKey,
		"psp-webhook-secret": s.PSPWebhookSecret,
		"link-key":           s.LinkKey,
		"subscriber-key":     s.SubscriberKey,
		"radius-key":         string(localTenant) + ":" + s.RadiusKey,
		"access-key":         string(localTenant) + ":" + s.AccessKey,
		"nas-secrets":        plant.NAS + "=" + s.NASSecret,
		"netbox-token":       s.NetboxToken,
		"signup-keys":        "turnup:turnup-1:" + s.PagesKey + ",demo-partner:demo-1:" + s.PartnerKey,
		"pages-key":          "turnup:turnup-1:" + s.PagesKey,
		"owner-key":          "owner:owner-1:" + s.OwnerKey,
		"cookie-key":         s.CookieKey,
		"webhook-key":        s.WebhookKey,
	}
}
