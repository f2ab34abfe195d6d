package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// pythons are tried in this order; the first that is new enough and can make virtual environments wins.
var pythons = []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"}

// findPython returns a Python >= 3.10 that can make virtual environments, or says what to install.
func findPython(ctx context.Context) (path, advice string) {
	advice = "Python 3.10 or newer with its venv module"
	for _, name := range pythons {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, path, "-c",
			"import sys; print('%d.%d' % sys.version_info[:2], sys.version_info >= (3, 10))").Output()
		version, enough, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
		switch {
		case err != nil:
		case enough != "True":
			advice = "Python 3.10 or newer with its venv module (there is only " + version + ")"
		case exec.CommandContext(ctx, path, "-c", "import venv, ensurepip").Run() != nil:
			advice = "the venv module of Python " + version + " (on Debian and Ubuntu: python3-venv)"
		default:
			return path, ""
		}
	}
	return "", advice
}

// checkTools names everything that is missing in one sentence, so that a person installs once.
// Python is needed for the virtual environment only; once that is there, nobody asks again.
func checkTools(ctx context.Context, root string) error {
	if _, err := os.Stat(filepath.Join(root, "template.yaml")); err != nil {
		return fmt.Errorf("there is no template.yaml in %s: run this inside the complete project", root)
	}
	var missing []string
	for _, tool := range []string{"go", "make"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, tool)
		}
	}
	if !venvOf(root).ready() {
		if _, advice := findPython(ctx); advice != "" {
			missing = append(missing, advice)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("this machine lacks %s: install it and run this again", strings.Join(missing, " and "))
	}
	return nil
}
