// Package language has what is written for people in several languages: one file of words for each, found by the tag of who reads it. What
// the words are is their owner's.
package language

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Base is the language that everything falls back to.
const Base = "en"

// Shipped reads the files languages/<tag in lower case>.json of a package when they are asked for first: a function that writes nothing
// does not wait for them. They are part of the program, so that one that cannot be read is a panic.
func Shipped[W any](files embed.FS) func() map[string]W {
	return sync.OnceValue(func() map[string]W {
		out := map[string]W{}
		entries, err := files.ReadDir("languages")
		for _, e := range entries {
			var raw []byte
			var w W
			if raw, err = files.ReadFile("languages/" + e.Name()); err == nil {
				err = json.Unmarshal(raw, &w)
			}
			if err != nil {
				break
			}
			out[strings.TrimSuffix(e.Name(), ".json")] = w
		}
		if err != nil {
			panic(fmt.Sprintf("language: %v", err))
		}
		return out
	})
}

// Tags lists the languages that are shipped.
func Tags[W any](shipped map[string]W) []string { return slices.Sorted(maps.Keys(shipped)) }

// Match finds the language to write in for somebody who wants another: the tag loses its ends until one is shipped
// (RFC 4647, lookup), so that de-AT gets de.
func Match[W any](wanted string, shipped map[string]W) string {
	for tag := strings.ToLower(wanted); tag != ""; tag = tag[:max(strings.LastIndexByte(tag, '-'), 0)] {
		if _, ok := shipped[tag]; ok {
			return tag
		}
	}
	return Base
}
