package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"turnup/internal/check"
)

// buildFlags are those of the Makefile and internal/local: what runs here is what is deployed.
var buildFlags = []string{"-trimpath", "-buildvcs=false", "-ldflags=-s", "-tags=lambda.norpc,grpcnotrace"}

// Build builds every function, and other packages beside them, into a folder; their names are those of their folders.
// They are built for this machine, because they are run here, and without the environment's Go flags.
func Build(ctx context.Context, folder string, others ...string) error {
	root, err := check.Root()
	if err != nil {
		return err
	}
	args := append(append([]string{"build"}, buildFlags...), "-o", folder+string(filepath.Separator), "turnup/functions/...")
	cmd := exec.CommandContext(ctx, "go", append(args, others...)...)
	cmd.Dir = root
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); name != "GOFLAGS" && name != "GOOS" && name != "GOARCH" && name != "CGO_ENABLED" {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the functions do not compile:\n%s", out)
	}
	return nil
}
