package config_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"turnup/internal/platform/config"
)

type settings struct {
	Table  string        `env:"T_TABLE,required"`
	URL    string        `env:"T_URL,required"`
	Within time.Duration `env:"T_WITHIN,required"`
	Shown  bool          `env:"T_SHOWN"`
}

// A function half configured must not start; one line names everything missing. The test runs itself as that function.
func TestMustLoad(t *testing.T) {
	if os.Getenv("T_CHILD") != "" {
		cfg := config.MustLoad[settings]()
		_ = json.NewEncoder(os.Stdout).Encode(cfg)
		os.Exit(0)
	}
	child := func(env ...string) (stdout, stderr string, err error) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestMustLoad$")
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr, cmd.Env = &out, &errs, append(env, "T_CHILD=1", "GOCOVERDIR="+t.TempDir())
		err = cmd.Run()
		return out.String(), errs.String(), err
	}
	_, log, err := child("T_URL=http://x")
	if err == nil || !strings.Contains(log, "T_TABLE") || !strings.Contains(log, "T_WITHIN") || strings.Contains(log, "T_URL") || strings.Count(log, "\n") != 1 {
		t.Errorf("%v: %q", err, log)
	}
	if _, log, err = child("T_URL=x", "T_TABLE=t", "T_WITHIN=soon"); err == nil || !strings.Contains(log, "Within") {
		t.Errorf("%v: %q", err, log)
	}
	out, log, err := child("T_URL=x", "T_TABLE=t", "T_WITHIN=8s")
	if err != nil || !strings.Contains(out, `"Within":8000000000`) {
		t.Errorf("%v: %q %q", err, out, log)
	}
}
