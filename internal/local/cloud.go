package main

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"

	"turnup/internal/base/loopback"
)

//go:embed launcher.py
var launcher string

// Dummy credentials: the local cloud does not check them, the tools insist on them.
const (
	region    = "us-east-1"
	accessKey = "test"
	secretKey = "test"
)

// cloudEnvironment is all that MiniStack gets to see, and through it every function: nothing of
// the developer's own environment, above all no real AWS credentials or profile.
func cloudEnvironment(s stack, p ports) []string {
	persist := "0"
	if s.keepsData() {
		persist = "1"
	}
	return []string{
		"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "TZ=UTC",
		"HOME=" + s.dir("home"), "TMPDIR=" + s.dir("tmp"),
		// Loopback only, and none of the extra listeners (MQTT, SFTP) that MiniStack may open.
		"BIND_HOST=127.0.0.1", "MINISTACK_HOST=127.0.0.1", "GATEWAY_PORT=" + strconv.Itoa(p.cloud),
		"IOT_MTLS_ENABLED=0", "SFTP_ENABLED=0",
		// No Docker, even where there is one: functions run as processes.
		"DOCKER_HOST=unix://" + s.dir("no-docker.sock"), "LAMBDA_EXECUTOR=local",
		"PERSIST_STATE=" + persist, "S3_PERSIST=" + persist,
		"STATE_DIR=" + s.state("cloud"), "S3_DATA_DIR=" + s.state("s3"),
		"ATHENA_DATA_DIR=" + s.state("athena"),
		"AWS_ENDPOINT_URL=" + urlOf(p.cloud),
		"AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + secretKey,
		"AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region, "MINISTACK_REGION=" + region,
	}
}

func urlOf(port int) string { return "http://" + loopback.Address(port) }

func cloudVersion(s stack, p ports) string {
	return hash(append([]string{launcher, requirements}, cloudEnvironment(s, p)...)...)
}

func startCloud(ctx context.Context, s stack, p ports) error {
	if err := checkFree(p.cloud, "the local cloud", "TURNUP_CLOUD_PORT"); err != nil {
		return err
	}
	// Unpacked functions of earlier runs; MiniStack unpacks what it needs.
	if err := os.RemoveAll(s.dir("tmp")); err != nil {
		return fmt.Errorf("the folder %s cannot be emptied: %w", s.dir("tmp"), err)
	}
	if err := s.makeDirs(); err != nil {
		return err
	}
	script := s.dir("launcher.py")
	if err := writeFile(script, []byte(launcher), 0o644); err != nil {
		return err
	}
	cmd := exec.Command(venvOf(s.root).tool("python"), script)
	cmd.Dir, cmd.Env = s.dir(), cloudEnvironment(s, p)
	proc, ended, err := start(cmd, s.log("cloud"), s.pid("cloud"), p.cloud, cloudVersion(s, p))
	if err != nil {
		return err
	}
	return awaitHealth(ctx, proc, ended, urlOf(p.cloud)+"/_ministack/ready", s.log("cloud"))
}

// awaitHealth waits until a process that was just started answers, and fails at once if it ends.
func awaitHealth(ctx context.Context, p process, ended <-chan error, url, logFile string) error {
	const limit = 60 * time.Second
	for until := time.Now().Add(limit); time.Now().Before(until); {
		if healthy(ctx, url) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("interrupted while waiting for %s", url)
		case <-ended:
			return fmt.Errorf("the process %d ended instead of answering at %s. The end of %s:\n%s", p.PID, url, logFile, lastLines(logFile, 15))
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s does not answer within %s; see %s", url, limit, logFile)
}

var probe = http.Client{Timeout: 2 * time.Second}

func healthy(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := probe.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}
