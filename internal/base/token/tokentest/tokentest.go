// Package tokentest gives tests a key of their own.
package tokentest

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"

	"turnup/internal/base/clock"
	"turnup/internal/base/token"
)

// Pair is who signs tokens, and who verifies them by a clock. The key is always the same.
func Pair(c clock.Clock) (*token.Signer, *token.Verifier) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	signer, err := token.NewSigner(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	if err != nil {
		panic(err)
	}
	public := private.Public().(ed25519.PublicKey)
	verifier, err := token.NewVerifier(token.KeyID(public)+":"+base64.StdEncoding.EncodeToString(public), c)
	if err != nil {
		panic(err)
	}
	return signer, verifier
}
