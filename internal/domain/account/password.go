package account

import (
	_ "embed" // the list of common passwords
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// hashing is at least what OWASP's Password Storage Cheat Sheet names as the minimum for argon2id: 19 MiB, 2, 1.
var hashing = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// HashPassword gives the argon2id hash in PHC form. Its time is about 20 ms of CPU.
func HashPassword(password string) (string, error) { return argon2id.CreateHash(password, hashing) }

// nobodysHash is compared with where there is no hash, so that no account and no password take as long as a wrong one.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$41Xwc1vrvtQo+9u07q2+Ig$Y3xeObwuM7APKk4ftauvY00hBg1g2DjfGPnslqJU+vs"

// CheckPassword tells whether the password belongs to the hash. An empty hash belongs to no password, and takes as long.
func CheckPassword(password, hash string) bool {
	against := hash
	if hash == "" {
		against = nobodysHash
	}
	ok, err := argon2id.ComparePasswordAndHash(password, against)
	return err == nil && ok && hash != ""
}

//go:embed common-passwords.txt
var commonText string

var common = sync.OnceValue(func() map[string]bool {
	list := map[string]bool{}
	for _, line := range strings.Fields(commonText) {
		list[line] = true
	}
	return list
})

// weakness says what is wrong with a password, or nothing. There are no composition rules (NIST SP 800-63B): length,
// a blocklist, and not the customer's own names.
func weakness(password string, c Customer) string {
	lower := strings.ToLower(password)
	name := strings.ToLower(strings.TrimSpace(c.Username))
	mailbox, _, _ := strings.Cut(strings.ToLower(c.Email), "@")
	switch n := utf8.RuneCountInString(password); {
	case n < PasswordMin:
		return "at least 8 characters"
	case n > PasswordMax:
		return "at most 128 characters"
	case common()[lower], strings.Count(lower, lower[:1]) == len(lower):
		return "one of the most common passwords"
	case lower == name, mailbox != "" && lower == mailbox, lower == strings.ToLower(c.Email):
		return "the same as your name"
	}
	return ""
}
