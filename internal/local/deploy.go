package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"turnup/internal/base/signlink"
)

// target is where a stack is deployed to.
type target struct {
	endpoint          string // as this machine sees it
	functionsEndpoint string // as the functions see it: another name when they run in containers
	psp               string // the sandbox payment provider as the functions see it
	network           string // the sandbox network, likewise
	stackName         string
}

func (t target) prefix() string { return "/turnup/" + t.stackName }

// api is the address of a stage of an API.
func (t target) api(id, stage string) string {
	return fmt.Sprintf("%s/restapis/%s/%s/_user_request_", t.endpoint, id, stage)
}
func (t target) bucket() string { return t.stackName + "-artefacts" }

// deployTo is the verb deploy.
func deployTo(ctx context.Context, root string, t target) error {
	if t.endpoint == "" {
		return errors.New("deploy needs -endpoint, the AWS-compatible endpoint (example: http://127.0.0.1:4566); to AWS itself deploy with `sam build && sam deploy --guided`")
	}
	u, err := url.Parse(t.endpoint)
	if err != nil || u.Host == "" || strings.HasSuffix(u.Hostname(), ".amazonaws.com") {
		return fmt.Errorf("-endpoint %q is not the URL of a local cloud (example: http://127.0.0.1:4566); to AWS itself deploy with `sam build && sam deploy --guided`", t.endpoint)
	}
	t.endpoint = strings.TrimRight(t.endpoint, "/")
	if t.functionsEndpoint == "" {
		t.functionsEndpoint = t.endpoint
	}
	if err := checkTools(ctx, root); err != nil {
		return err
	}
	if err := venvOf(root).ensure(ctx); err != nil {
		return err
	}
	return bringUp(ctx, stack{root: root, name: "endpoint"}, t)
}

// bringUp builds and deploys a stack to its target and writes its env file: the way of `up` and of
// `deploy` alike. What is unchanged and in place is left alone.
func bringUp(ctx context.Context, s stack, t target) error {
	keys, err := ensureSecrets(s.dir("secrets.json"))
	if err != nil {
		return err
	}
	c := newCloud(t.endpoint)
	if err := c.putSecrets(ctx, t.prefix(), keys.parameters()); err != nil {
		return err
	}
	if err := c.verifySender(ctx); err != nil {
		return err
	}
	built, err := build(ctx, s.root)
	if err != nil {
		return err
	}
	overrides, err := parameters(s.root, t, keys)
	if err != nil {
		return err
	}
	marker := hash(append([]string{built.All, t.endpoint, t.stackName}, overrides...)...)
	last, _ := os.ReadFile(s.dir("deployed"))
	if string(last) == marker && c.complete(ctx, t.stackName) {
		fmt.Printf("✓ %-9s %s unchanged\n", "deploy", t.stackName)
	} else if err := deploy(ctx, s, t, c, overrides); err != nil {
		return err
	}
	env, err := describe(ctx, c, t)
	if err != nil {
		return err
	}
	if err := reached(s, env["TURNUP_API"], t); err != nil {
		return err
	}
	if err := connect(ctx, s, t, env["TURNUP_API"], keys); err != nil {
		return err
	}
	env["TURNUP_RADIUS_KEY"], env["TURNUP_ACCESS_KEY"] = keys.RadiusKey, keys.AccessKey
	if err := writeFile(s.dir("env"), []byte(env.render()), 0o600); err != nil {
		return fmt.Errorf("the env file cannot be written: %w", err)
	}
	// Last of all: a run that was interrupted before did not deploy.
	return writeFile(s.dir("deployed"), []byte(marker), 0o644)
}

// reached checks that the API is where its functions were told that it is. A cloud of ours names APIs after themselves; an API that was made
// before it did keeps its id.
func reached(s stack, api string, t target) error {
	want := t.api(t.stackName, "v1")
	switch {
	case api == want:
		return nil
	case s.name == "endpoint":
		fmt.Printf("  %-9s the pages of signups work at %s only; the API is at %s\n", "pages", want, api)
		return nil
	}
	return fmt.Errorf("the API of %s is at %s and not at %s; run `make clean` and then this again", t.stackName, api, want)
}

// connect tells the sandboxes where the stack is. A stack of ours has its own; for somebody else's cloud they may run elsewhere.
func connect(ctx context.Context, s stack, t target, api string, keys secrets) error {
	webhook, hook := api+"/webhooks/stripe", api+"/radius"
	err := pointWebhook(ctx, t.psp, webhook, keys.PSPWebhookSecret)
	if err != nil && s.name == "endpoint" {
		fmt.Printf("  %-9s %s; give it the webhook address %s and the secret %s/psp-webhook-secret\n", "psp", err, webhook, t.prefix())
		err = nil
	}
	if err != nil {
		return err
	}
	err = pointHook(ctx, t.network, hook, keys)
	if err != nil && s.name == "endpoint" {
		fmt.Printf("  %-9s %s; give it the address %s and the secrets %s/radius-key, nas-secrets and netbox-token\n", "network", err, hook, t.prefix())
		err = nil
	}
	return err
}

func deploy(ctx context.Context, s stack, t target, c cloud, overrides []string) error {
	logFile := s.log("deploy")
	_ = os.Remove(logFile) // so that the progress shown is this deployment's
	return step("deploy", "sam deploy of "+t.stackName+" to "+t.endpoint, lastLine(logFile), func() (string, error) {
		// From here on, what is deployed is unknown until the end; a failed or interrupted
		// deployment must not pass for the one before.
		if err := s.forgetDeployment(); err != nil {
			return "", err
		}
		if err := c.removeBroken(ctx, t.stackName); err != nil {
			return "", err
		}
		if err := c.ensureBucket(ctx, t.bucket()); err != nil {
			return "", err
		}
		// A copy, two folders below the root as well, so that relative paths in it hold: another
		// run may build anew meanwhile.
		text, err := os.ReadFile(packedTemplate(s.root))
		if err != nil {
			return "", fmt.Errorf("the built template cannot be read: %w", err)
		}
		template := s.dir("template.yaml")
		if err := writeFile(template, text, 0o644); err != nil {
			return "", err
		}
		args := []string{"deploy", "--template-file", template, "--stack-name", t.stackName,
			"--s3-bucket", t.bucket(), "--region", region,
			"--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
			"--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"}
		if len(overrides) > 0 {
			args = append(append(args, "--parameter-overrides"), overrides...)
		}
		if err := sam(ctx, s.root, logFile, []string{"AWS_ENDPOINT_URL=" + t.endpoint}, args...); err != nil {
			if reasons := c.failures(ctx, t.stackName); len(reasons) > 0 {
				return "", fmt.Errorf("sam deploy failed (all of it is in %s):\n%s", logFile, strings.Join(reasons, "\n"))
			}
			return "", err
		}
		keep, err := artefactKeys(string(text))
		if err == nil {
			err = c.pruneArtefacts(ctx, t.bucket(), keep)
		}
		return t.stackName + " deployed", err
	})
}

// describe makes the env file: where everything is, and all that the stack says about itself.
func describe(ctx context.Context, c cloud, t target) (environment, error) {
	d, err := c.describe(ctx, t.stackName)
	if err != nil {
		return nil, err
	}
	id, stage := d.outputs["ApiId"], d.outputs["ApiStage"]
	if id == "" {
		if id, err = c.onlyAPI(ctx, t.stackName); err != nil {
			return nil, err
		}
	}
	if stage == "" {
		stage = "v1"
	}
	env := environment{
		"TURNUP_ENDPOINT":       t.endpoint,
		"TURNUP_API":            t.api(id, stage),
		"TURNUP_PSP":            t.psp,
		"TURNUP_NETWORK":        t.network,
		"TURNUP_STACK_NAME":     t.stackName,
		"AWS_ACCESS_KEY_ID":     accessKey,
		"AWS_SECRET_ACCESS_KEY": secretKey,
		"AWS_REGION":            region,
	}
	for name, value := range d.outputs {
		env["TURNUP_OUT_"+name] = value
	}
	return env, nil
}

// parameters are the template's parameters for this target; only what the template declares.
func parameters(root string, t target, keys secrets) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		return nil, fmt.Errorf("the template cannot be read: %w", err)
	}
	public, err := keys.publicKeys()
	if err != nil {
		return nil, err
	}
	values := map[string]string{
		"EndpointUrl":     t.functionsEndpoint,
		"PspUrl":          t.psp,
		"TokenPublicKeys": public,
		"SecretsPrefix":   t.prefix(),
		"WebOrigins":      "http://localhost:3000,http://127.0.0.1:3000," + signlink.OriginOf(t.api(t.stackName, "v1")), // the portal's as well
		"PagesUrl":        t.api(t.stackName, "v1"),                                                                     // see reached
		"PspPages":        t.psp,
		"Stage":           "local",
		"Sandbox":         "on",
		"FirstLook":       "3", // nobody wants to wait a minute for a local settlement
	}
	network, err := networkParameters(t.network)
	if err != nil {
		return nil, err
	}
	maps.Copy(values, network)
	var overrides []string
	for _, name := range declared(string(text)) {
		if value, ok := values[name]; ok {
			overrides = append(overrides, name+"="+value)
		}
	}
	return overrides, nil
}

var (
	topLevel  = regexp.MustCompile(`^[A-Za-z]`)
	parameter = regexp.MustCompile(`^ {1,4}([A-Za-z0-9]+):`)
)

// declared lists the names below a template's "Parameters:", by their indentation: the first name
// decides how deep names are.
func declared(template string) []string {
	inside, depth := false, -1
	names := map[string]bool{}
	for line := range strings.Lines(template) {
		if topLevel.MatchString(line) {
			inside = strings.HasPrefix(line, "Parameters:")
			continue
		}
		m := parameter.FindStringSubmatch(line)
		if !inside || m == nil {
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if depth < 0 {
			depth = indent
		}
		if indent == depth {
			names[m[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
