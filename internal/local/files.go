package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// writeFile replaces a file in one step: a reader sees the old text or the new one, never half.
func writeFile(file string, text []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	temporary := fmt.Sprintf("%s.%d.new", file, os.Getpid())
	if err := os.WriteFile(temporary, text, mode); err != nil {
		return err
	}
	return os.Rename(temporary, file)
}

// hash is a short name for a content. The lengths keep ("ab", "c") and ("a", "bc") apart.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))[:24]
}

// hashFiles is a hash over names and contents; a folder counts with everything below it, and what
// is missing counts as missing.
func hashFiles(root string, names ...string) (string, error) {
	var parts []string
	for _, name := range names {
		err := filepath.WalkDir(filepath.Join(root, name), func(path string, d os.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			relative, _ := filepath.Rel(root, path)
			parts = append(parts, filepath.ToSlash(relative), string(text))
			return err
		})
		if err != nil {
			return "", fmt.Errorf("the sources cannot be read: %w", err)
		}
	}
	return hash(parts...), nil
}

// environment is the content of an env file: KEY=VALUE lines that tools parse and shells source.
type environment map[string]string

// render quotes whatever a shell would otherwise take apart; simple values stay bare so that the
// simplest of parsers reads them, too.
func (e environment) render() string {
	var b strings.Builder
	b.WriteString("# written by `go run ./internal/local`; use it with: set -a; . <this file>; set +a\n")
	for _, k := range slices.Sorted(maps.Keys(e)) {
		fmt.Fprintf(&b, "%s=%s\n", k, quote(e[k]))
	}
	return b.String()
}

func quote(value string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("-_.:/,@%+=", r) || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
	}
	if strings.IndexFunc(value, func(r rune) bool { return !plain(r) }) < 0 {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
