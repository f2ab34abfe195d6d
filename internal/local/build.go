package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// goFlags make programs small (-s: no symbol table; norpc: without the runtime Lambda has retired)
// and reproducible: the same sources give the same bytes, so that a commit alone deploys nothing.
const goFlags = "-trimpath -buildvcs=false -ldflags=-s -tags=lambda.norpc,grpcnotrace"

// toolEnvironment is the developer's environment without what would lead the tools astray: AWS
// profiles and credentials (this command never talks to AWS), Go flags, telemetry.
func toolEnvironment(root string) []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "SAM_") || name == "GOFLAGS" || name == "GOOS" || name == "GOARCH" {
			continue
		}
		env = append(env, kv)
	}
	return append(env,
		"CGO_ENABLED=0", "GOFLAGS="+goFlags,
		"SAM_CLI_TELEMETRY=0", "SAM_CLI_POLL_DELAY=0.2", "__SAM_CLI_APP_DIR="+filepath.Join(root, ".turnup", "sam"),
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_ACCESS_KEY_ID="+accessKey, "AWS_SECRET_ACCESS_KEY="+secretKey, "AWS_REGION="+region, "AWS_DEFAULT_REGION="+region)
}

// sam runs the SAM CLI of the virtual environment, with a configuration of its own: samconfig.toml
// belongs to those who deploy to AWS. On failure the end of its output is the error.
func sam(ctx context.Context, root, logFile string, env []string, args ...string) error {
	config := filepath.Join(root, ".turnup", "samconfig.toml")
	if err := writeFile(config, []byte("version = 0.1\n"), 0o644); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(logFile), 0o755); err != nil {
		return err
	}
	log, err := os.Create(logFile)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, venvOf(root).tool("sam"), append(args, "--config-file", config)...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = root, append(toolEnvironment(root), env...), log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("sam %s failed; the end of %s:\n%s", args[0], logFile, lastLines(logFile, 30))
	}
	return nil
}

// buildOnly is the verb build.
func buildOnly(ctx context.Context, root string) error {
	if err := checkTools(ctx, root); err != nil {
		return err
	}
	if err := venvOf(root).ensure(ctx); err != nil {
		return err
	}
	_, err := build(ctx, root)
	return err
}

// build is `sam build` of what changed. It returns the sources that the build folder now holds.
//
// SAM's own cache looks at a function's folder only and would miss a change in internal/. So the
// cache entries of all functions that something was changed for are removed first; what SAM then
// finds in its cache is true.
func build(ctx context.Context, root string) (sources, error) {
	unlock, err := lock(filepath.Join(root, ".turnup", "build.lock"))
	if err != nil {
		return sources{}, err
	}
	defer unlock()
	now, err := readSources(ctx, root)
	if err != nil {
		return sources{}, err
	}
	before := readStamp(root)
	if before.upToDate(root, now) {
		fmt.Printf("✓ %-9s %d functions unchanged\n", "build", len(now.Functions))
		return now, nil
	}
	logFile := filepath.Join(root, ".turnup", "build.log")
	_ = os.Remove(logFile) // so that the progress shown is this build's
	return now, step("build", "compiling and sam build", lastLine(logFile), func() (string, error) {
		stale, err := dropStale(root, before, now)
		if err != nil {
			return "", err
		}
		if err := compile(ctx, root); err != nil {
			return "", err
		}
		if err := sam(ctx, root, logFile, nil, "build", "--parallel", "--cached"); err != nil {
			return "", err
		}
		if err := pack(root); err != nil {
			return "", err
		}
		text, err := json.Marshal(stamp{now, modified(builtTemplate(root))})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d of %d functions built", stale, len(now.Functions)), writeFile(stampFile(root), text, 0o644)
	})
}

// compile fills Go's build cache in one go, with all cores, before SAM starts one go command per
// function; and it reports compile errors as the compiler writes them. `go list -export` compiles
// everything and links nothing; `go build` would link each program once more for nothing.
func compile(ctx context.Context, root string) error {
	cmd := exec.CommandContext(ctx, "go", "list", "-export", "-f", `{{""}}`, "./functions/...")
	cmd.Dir, cmd.Env = root, append(toolEnvironment(root), "GOOS=linux", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the functions do not compile:\n%s", strings.TrimSpace(string(out)))
	}
	return nil
}

var (
	definition = regexp.MustCompile(`^\[function_build_definitions\.([0-9a-f-]{36})\]`)
	codeURI    = regexp.MustCompile(`^codeuri = "(.*)"`)
)

// dropStale removes SAM's cache entries for functions whose sources changed, and all entries when
// it is unknown what they were built from. It returns how many functions will be compiled.
func dropStale(root string, before stamp, now sources) (int, error) {
	cache := filepath.Join(root, ".aws-sam", "cache")
	known, err := os.ReadFile(filepath.Join(root, ".aws-sam", "build.toml"))
	if err != nil || len(before.Functions) == 0 {
		return len(now.Functions), os.RemoveAll(cache)
	}
	cached, id := map[string]string{}, ""
	for line := range strings.Lines(string(known)) {
		if m := definition.FindStringSubmatch(line); m != nil {
			id = m[1]
		} else if m := codeURI.FindStringSubmatch(line); m != nil && id != "" {
			cached[filepath.Clean(m[1])] = filepath.Join(cache, id)
		}
	}
	stale := 0
	for dir, h := range now.Functions {
		entry, ok := cached[dir]
		if ok && modified(entry) != 0 && before.Functions[dir] == h {
			continue
		}
		stale++
		if ok {
			if err := os.RemoveAll(entry); err != nil {
				return 0, fmt.Errorf("the outdated build %s cannot be removed: %w", entry, err)
			}
		}
	}
	return stale, nil
}

// workers is how many functions are packed at once.
func workers() int { return max(1, runtime.GOMAXPROCS(0)) }
