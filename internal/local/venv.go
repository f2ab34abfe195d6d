package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed requirements.txt
var requirements string

// venv is the project's own virtual environment with the local cloud and the SAM CLI, shared by
// all stacks. Nothing is installed outside of it.
type venv struct{ dir string }

func venvOf(root string) venv          { return venv{filepath.Join(root, ".turnup", "venv")} }
func (v venv) tool(name string) string { return filepath.Join(v.dir, "bin", name) }
func (v venv) stamp() string           { return filepath.Join(v.dir, "turnup-stamp") }
func (v venv) pipLog() string          { return v.dir + ".log" }
func (v venv) wanted() string          { return hash(requirements) }
func (v venv) ready() bool {
	text, err := os.ReadFile(v.stamp())
	if err != nil || string(text) != v.wanted() {
		return false
	}
	// A virtual environment breaks when the Python that it links to is removed, or when it is moved.
	_, err = os.Stat(v.tool("python"))
	return err == nil
}

// ensure makes the virtual environment once; the stamp is written last, so that a half-made one is
// made again.
func (v venv) ensure(ctx context.Context) error {
	if v.ready() {
		return nil
	}
	unlock, err := lock(v.dir + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if v.ready() {
		return nil
	}
	python, advice := findPython(ctx)
	if advice != "" {
		return fmt.Errorf("this machine lacks %s: install it and run this again", advice)
	}
	return step("tools", "installing the local cloud and the SAM CLI (once, about 200 MB)", lastLine(v.pipLog()), func() (string, error) {
		return "MiniStack and SAM CLI installed in .turnup/venv", v.install(ctx, python)
	})
}

func (v venv) install(ctx context.Context, python string) error {
	if err := os.RemoveAll(v.dir); err != nil {
		return fmt.Errorf("the folder %s cannot be removed: %w", v.dir, err)
	}
	if err := os.MkdirAll(filepath.Dir(v.dir), 0o755); err != nil {
		return err
	}
	log, err := os.Create(v.pipLog())
	if err != nil {
		return err
	}
	defer log.Close()
	file := v.dir + "-requirements.txt"
	if err := writeFile(file, []byte(requirements), 0o644); err != nil {
		return err
	}
	for _, args := range [][]string{
		{python, "-m", "venv", v.dir},
		{v.tool("python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off", "-r", file},
	} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("the virtual environment cannot be made (%s failed); check the network and run this again. The end of %s:\n%s",
				strings.Join(args[1:3], " "), v.pipLog(), lastLines(v.pipLog(), 15))
		}
	}
	return writeFile(v.stamp(), []byte(v.wanted()), 0o644)
}
