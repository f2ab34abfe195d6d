package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// stack is one local installation of Turnup: its own processes, data, secrets and ports.
type stack struct {
	root string // the project
	name string // dev, test, or endpoint (deployed to somebody else's cloud)
}

func newStack(root, name string) (stack, error) {
	if name != "dev" && name != "test" {
		return stack{}, fmt.Errorf("there is no stack %q; use -stack dev or -stack test", name)
	}
	return stack{root: root, name: name}, nil
}

// keepsData tells whether data outlive the processes. Only a developer wants that; a test wants
// the same start each time.
func (s stack) keepsData() bool { return s.name == "dev" }

func (s stack) cloudName() string { return "turnup-" + s.name }
func (s stack) dir(elem ...string) string {
	return filepath.Join(append([]string{s.root, ".turnup", s.name}, elem...)...)
}
func (s stack) log(process string) string { return s.dir("logs", process+".log") }
func (s stack) pid(process string) string { return s.dir(process + ".pid") }
func (s stack) state(elem ...string) string {
	return filepath.Join(append([]string{s.dir("state")}, elem...)...)
}

func (s stack) makeDirs() error {
	for _, d := range []string{s.dir("logs"), s.state("cloud"), s.state("s3"), s.dir("tmp"), s.dir("home")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return fmt.Errorf("the folder %s cannot be created: %w", d, err)
		}
	}
	return nil
}

// findRoot walks up to the folder whose go.mod is this module's, so that the command works from
// any folder of the project.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module turnup\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod of module turnup was found here or above; run this inside the project")
		}
		dir = parent
	}
}
