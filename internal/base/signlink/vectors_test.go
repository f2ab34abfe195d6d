package signlink_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"turnup/internal/base/signlink"
)

// vector is one link with everything that leads to it, for systems in other languages.
type vector struct {
	About   string            `json:"about"`
	Key     string            `json:"key"` // partner:kid:secret
	Purpose signlink.Purpose  `json:"purpose"`
	Target  string            `json:"target"`
	Params  map[string]string `json:"params"`
	Expires int64             `json:"exp"`
	Signed  string            `json:"signed"` // the text that is signed
	Link    string            `json:"link"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// S2-09, S2-10, S2-16: the published vectors are what Sign makes and Verify takes, and the recipe shows them.
func TestVectors(t *testing.T) {
	recipe, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors(t) {
		k := keys(t, v.Key)
		partner, _, _ := strings.Cut(v.Key, ":")
		link, err := k.Sign(partner, v.Purpose, v.Target, v.Params, time.Unix(v.Expires, 0))
		if err != nil || link != v.Link {
			t.Errorf("%s: signed %s, %v", v.About, link, err)
		}
		_, query, _ := strings.Cut(v.Link, "?")
		if _, err := k.Verify(v.Purpose, v.Target, query, noon); err != nil {
			t.Errorf("%s: %v", v.About, err)
		}
		unsigned, _, _ := strings.Cut(query, "&hash=")
		if got := signlink.Canonical(v.Purpose, v.Target, unsigned); got != v.Signed {
			t.Errorf("%s: the text is %q", v.About, got)
		}
	}
	if first := vectors(t)[0]; !bytes.Contains(recipe, []byte(first.Link)) || !bytes.Contains(recipe, []byte(first.Signed)) {
		t.Error("README.md does not show the first vector")
	}
}

var program = regexp.MustCompile("(?s)```python\n(.*?)```")

// S2-16: the example of the recipe, which needs nothing but Python, makes and checks the very same links.
func TestExampleInPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	recipe, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "links.py")
	found := program.FindSubmatch(recipe)
	if found == nil {
		t.Fatal("the recipe has no example")
	}
	const use = `
import json
for v in json.load(open("testdata/vectors.json")):
    partner, kid, secret = v["key"].split(":")
    link = sign(kid, secret, v["purpose"], v["target"], v["params"], v["exp"])
    assert link == v["link"], (v["about"], link)
    query = link.split("?")[1]
    keys = {kid: secret}
    got = verify(keys, v["purpose"], v["target"], query, v["exp"] - 1)
    assert {k: got[k] for k in v["params"]} == v["params"], (v["about"], got)
    pairs = query.split("&")
    for bad in (query + "x", query + "&a=b", "a=b&" + query, "&".join(pairs[1:2] + pairs[:1] + pairs[2:]), pairs[0] + "&" + query, query.replace("kid", "%6Bid", 1), ""):
        assert verify(keys, v["purpose"], v["target"], bad, v["exp"] - 1) is None, bad
    for other in ((keys, "page.other", v["target"], query, v["exp"] - 1), (keys, v["purpose"], v["target"] + "/", query, v["exp"] - 1), (keys, v["purpose"], v["target"], query, v["exp"]), ({}, v["purpose"], v["target"], query, 0)):
        assert verify(*other) is None, other
print("good")
`
	if err := os.WriteFile(file, append(found[1], use...), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "good") {
		t.Errorf("%v\n%s", err, out)
	}
}
