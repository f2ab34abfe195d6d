package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
)

// sources says, as hashes, what the functions are built from and what the template consists of.
type sources struct {
	Functions map[string]string `json:"functions"` // folder of the function → everything compiled into it
	All       string            `json:"all"`
}

// goPackage is the part of `go list -json` that matters here.
type goPackage struct {
	Name, ImportPath, Dir string
	Standard              bool
	Module                *struct{ Main bool }
	GoFiles, EmbedFiles   []string
	OtherFiles, SFiles    []string
	Deps                  []string
}

func (p goPackage) own() bool { return !p.Standard && p.Module != nil && p.Module.Main }

// readSources asks the go command which files each function is compiled from. Test files and
// packages no function uses do not count, embedded files do: exactly what changes a program.
func readSources(ctx context.Context, root string) (sources, error) {
	packages, err := listPackages(ctx, root)
	if err != nil {
		return sources{}, err
	}
	common, err := hashFiles(root, "go.mod", "go.sum")
	if err != nil {
		return sources{}, err
	}
	common = hash(common, runtime.Version(), requirements, goFlags)
	content := map[string]string{}
	for _, p := range packages {
		if !p.own() {
			continue
		}
		dir, _ := filepath.Rel(root, p.Dir)
		var files []string
		for _, f := range slices.Concat(p.GoFiles, p.EmbedFiles, p.OtherFiles, p.SFiles) {
			files = append(files, filepath.Join(dir, f))
		}
		if content[p.ImportPath], err = hashFiles(root, files...); err != nil {
			return sources{}, err
		}
	}
	found := sources{Functions: map[string]string{}}
	for _, p := range packages {
		if p.own() && p.Name == "main" {
			found.Functions[p.Dir] = functionHash(p, content, common)
		}
	}
	if len(found.Functions) == 0 {
		return sources{}, errors.New("there is no function below functions/, so there is nothing to build")
	}
	template, err := hashFiles(root, "template.yaml", "statemachines")
	if err != nil {
		return sources{}, err
	}
	parts := []string{template}
	for _, dir := range slices.Sorted(maps.Keys(found.Functions)) {
		parts = append(parts, dir, found.Functions[dir])
	}
	found.All = hash(parts...)
	return found, nil
}

func functionHash(p goPackage, content map[string]string, common string) string {
	parts := []string{common, content[p.ImportPath]}
	for _, dep := range slices.Sorted(slices.Values(p.Deps)) {
		if h, ok := content[dep]; ok {
			parts = append(parts, dep, h)
		}
	}
	return hash(parts...)
}

func listPackages(ctx context.Context, root string) ([]goPackage, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps",
		"-json=Name,ImportPath,Dir,Standard,Module,GoFiles,EmbedFiles,OtherFiles,SFiles,Deps", "./functions/...")
	cmd.Dir = root
	cmd.Env = append(toolEnvironment(root), "GOOS=linux", "GOARCH=amd64")
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the functions cannot be listed:\n%s", bytes.TrimSpace(problems.Bytes()))
	}
	var packages []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("the list of packages cannot be read: %w", err)
		}
		packages = append(packages, p)
	}
}

// stamp is what the last build was made from. It lies in the build folder and goes with it.
type stamp struct {
	sources
	// Built is the modification time of the built template. Somebody who runs `sam build` by hand
	// changes it, and then this command trusts nothing and builds again.
	Built int64 `json:"built"`
}

func readStamp(root string) (s stamp) {
	text, err := os.ReadFile(stampFile(root))
	if err != nil || json.Unmarshal(text, &s) != nil {
		return stamp{}
	}
	return s
}

func stampFile(root string) string { return filepath.Join(root, ".aws-sam", "turnup.json") }
func builtTemplate(root string) string {
	return filepath.Join(root, ".aws-sam", "build", "template.yaml")
}

// packedTemplate is the built template with the packed functions in it, ready to be deployed.
func packedTemplate(root string) string {
	return filepath.Join(root, ".aws-sam", "build", "packed.yaml")
}

func modified(file string) int64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return info.ModTime().UnixNano()
}

// upToDate: same sources, and the build folder is as this command left it.
func (s stamp) upToDate(root string, now sources) bool {
	return s.All == now.All && s.Built != 0 && s.Built == modified(builtTemplate(root)) && modified(packedTemplate(root)) != 0
}
