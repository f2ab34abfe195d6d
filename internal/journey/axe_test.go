package journey

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
)

// axe is the source of axe-core, which is in the virtual environment of the local cloud.
var axe = sync.OnceValues(func() (string, error) {
	found, err := filepath.Glob(filepath.Join("..", "..", ".turnup", "venv", "lib", "python3*", "site-packages", "axe_core_python", "axe.min.js"))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("axe is not in .turnup/venv; `go run ./internal/local up -stack test` installs it (%w)", os.ErrNotExist)
	}
	raw, err := os.ReadFile(found[0])
	return string(raw), err
})

// held runs axe with the rules of WCAG 2.1 A and AA, and its own of good practice, and lists what is serious or critical.
const held = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], resultTypes: ["violations"]}).then(r => r.violations
	.filter(v => v.impact === "serious" || v.impact === "critical")
	.map(v => v.id + " (" + v.impact + "): " + v.nodes.map(n => n.html).join(" ; ")))`

// accessible holds the page that the window shows against WCAG 2 AA, as far as a machine can. Pages of others, such as the PSP's, are not ours.
func (w window) accessible(name string) {
	w.t.Helper()
	if at := ask(w, chromedp.Location()); w.like.noScripts || !strings.HasPrefix(at, site.API) {
		return
	}
	source := must[string](w.t)(axe())
	ask(w, chromedp.Evaluate[bool](source+"\n;true"))
	for _, finding := range ask(w, chromedp.Evaluate[[]string](held, chromedp.EvalAwaitPromise)) {
		w.t.Errorf("%s: %s is not accessible: %s", w.like.name, name, finding)
	}
}
