// Command local starts Turnup on a developer's machine: a local AWS emulator (MiniStack), the sandbox
// payment provider and the sandbox network as background processes, and the functions, built and deployed with the
// SAM CLI from the very template.yaml that goes to AWS.
//
// It does: check tools, keep a pinned virtual environment, build, deploy, start, stop and clean.
// It does not: deploy to AWS (that is `sam build && sam deploy`), run journeys, or know anything of
// what the functions do. All it writes is below .turnup/ and .aws-sam/.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

const usage = `usage: go run ./internal/local <verb> [flags]

  tools                            install the local cloud and the SAM CLI into .turnup/venv
  up      [-stack dev|test]        build, start and deploy everything; writes .turnup/<stack>/env
  down    [-stack dev|test]        end what up started; the dev stack's data stay
  clean   [-stack dev|test]        down, and remove the stack's data and the build
  build                            sam build, only what changed
  deploy  -endpoint URL            build and deploy to any AWS-compatible endpoint; writes .turnup/endpoint/env
  staff-token -role R [-stack …]   print an access token of staff: admin, support, billing, network, or several with commas
  sandbox-psp -addr A -state FILE  serve the sandbox payment provider
  sandbox-network [-addr A]        serve the sandbox network: NetBox, GenieACS, VOLTHA and a BNG, at this port and the two after it
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(2)
		}
		fmt.Fprintln(os.Stderr, "✗ "+sentence(err))
		os.Exit(1)
	}
}

// sentence writes an error the way a person reads it; inside the program errors are lower case and
// without a full stop, as everywhere in Go.
func sentence(err error) string {
	text := strings.TrimSpace(err.Error())
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if strings.ContainsAny(text[len(text)-1:], ".!?\n") || strings.Contains(text, "\n") {
		return text
	}
	return text + "."
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return flag.ErrHelp
	}
	verb := args[0]
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	stackName := flags.String("stack", "dev", "dev (fixed ports, data stay) or test (free ports, fresh data)")
	var target target
	flags.StringVar(&target.endpoint, "endpoint", "", "deploy: the AWS-compatible endpoint as this machine sees it")
	flags.StringVar(&target.functionsEndpoint, "functions-endpoint", "", "deploy: the same endpoint as the functions see it, if different")
	flags.StringVar(&target.psp, "psp", "http://127.0.0.1:12111", "deploy: the sandbox payment provider as the functions see it")
	flags.StringVar(&target.network, "network", "http://127.0.0.1:12120", "deploy: the sandbox network as the functions see it")
	flags.StringVar(&target.stackName, "name", "turnup", "deploy: name of the CloudFormation stack")
	addr := flags.String("addr", "", "sandbox-psp, sandbox-network: address to listen on (127.0.0.1:12111, 127.0.0.1:12120)")
	role := flags.String("role", "", "staff-token: admin, support, billing, network, or several with commas")
	state := flags.String("state", "", "sandbox-psp: file that keeps its state")
	if err := flags.Parse(args[1:]); err != nil {
		return flag.ErrHelp
	}
	switch verb {
	case "sandbox-psp":
		return servePSP(ctx, cmp.Or(*addr, "127.0.0.1:12111"), *state)
	case "sandbox-network":
		return serveNetwork(ctx, cmp.Or(*addr, "127.0.0.1:12120"))
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	s, err := newStack(root, *stackName)
	if err != nil {
		return err
	}
	switch verb {
	case "tools":
		if err := checkTools(ctx, root); err != nil {
			return err
		}
		return venvOf(root).ensure(ctx)
	case "up":
		return up(ctx, s)
	case "down":
		return down(ctx, s)
	case "clean":
		return clean(ctx, s)
	case "build":
		return buildOnly(ctx, root)
	case "deploy":
		return deployTo(ctx, root, target)
	case "staff-token":
		raw, err := staffToken(s, *role)
		if err == nil {
			fmt.Println(raw)
		}
		return err
	}
	fmt.Fprint(os.Stderr, usage)
	return fmt.Errorf("there is no verb %q; the verbs are listed above", verb)
}
