package main

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	oneID = "30ca71bd-3f5f-49c9-9ea0-b29303ffb845"
	twoID = "35349a5a-303a-440a-a359-7fb2abc04d8a"
)

// samCache makes a project with two functions in SAM's cache, in the form in which SAM keeps it.
func samCache(t *testing.T) (root string, built stamp) {
	t.Helper()
	root = t.TempDir()
	one, two := filepath.Join(root, "functions", "one"), filepath.Join(root, "functions", "two")
	index := ""
	for id, dir := range map[string]string{oneID: one, twoID: two} {
		index += "[function_build_definitions." + id + "]\ncodeuri = \"" + dir + "\"\n" +
			"[function_build_definitions." + id + ".metadata]\nBuildMethod = \"go1.x\"\n"
		if err := writeFile(filepath.Join(root, ".aws-sam", "cache", id, "bootstrap"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeFile(filepath.Join(root, ".aws-sam", "build.toml"), []byte(index), 0o600); err != nil {
		t.Fatal(err)
	}
	return root, stamp{sources: sources{Functions: map[string]string{one: "1", two: "2"}}}
}

func TestDropStaleRemovesOnlyWhatChanged(t *testing.T) {
	root, before := samCache(t)
	now := sources{Functions: map[string]string{}}
	for dir, h := range before.Functions {
		now.Functions[dir] = h
	}
	now.Functions[filepath.Join(root, "functions", "two")] = "changed"
	stale, err := dropStale(root, before, now)
	if err != nil || stale != 1 {
		t.Fatalf("stale %d, err %v", stale, err)
	}
	if modified(filepath.Join(root, ".aws-sam", "cache", oneID)) == 0 {
		t.Error("an unchanged function lost its cache entry")
	}
	if modified(filepath.Join(root, ".aws-sam", "cache", twoID)) != 0 {
		t.Error("a changed function kept its cache entry: it would be deployed as it was")
	}
}

func TestDropStaleTrustsNothingUnknown(t *testing.T) {
	root, before := samCache(t)
	stale, err := dropStale(root, stamp{}, before.sources)
	if err != nil || stale != 2 || modified(filepath.Join(root, ".aws-sam", "cache")) != 0 {
		t.Fatalf("stale %d, err %v", stale, err)
	}
}

func TestPackIsReproducibleAndRefersToTheZips(t *testing.T) {
	root := t.TempDir()
	template := "Resources:\n  One:\n    Properties:\n      CodeUri: One\n      DefinitionUri: ../../statemachines/a.json\n"
	if err := writeFile(builtTemplate(root), []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(filepath.Dir(builtTemplate(root)), "One", "bootstrap")
	if err := writeFile(program, []byte("program"), 0o700); err != nil {
		t.Fatal(err)
	}
	read := func() (template, zipped []byte) {
		if err := pack(root); err != nil {
			t.Fatal(err)
		}
		template, err := os.ReadFile(packedTemplate(root))
		if err != nil {
			t.Fatal(err)
		}
		zipped, err = os.ReadFile(builtCode.FindStringSubmatch(string(template))[2])
		if err != nil {
			t.Fatal(err)
		}
		return template, zipped
	}
	text, first := read()
	if !strings.Contains(string(text), "DefinitionUri: ../../statemachines/a.json") {
		t.Error("pack changed more than the code")
	}
	r, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil || len(r.File) != 1 || r.File[0].Name != "bootstrap" || r.File[0].Mode().Perm() != 0o755 {
		t.Fatalf("unexpected zip: %v, %v", r, err)
	}
	if err := os.RemoveAll(zipFolder(root)); err != nil {
		t.Fatal(err)
	}
	if _, second := read(); !bytes.Equal(first, second) {
		t.Error("the same program gives another zip: every function would be deployed each time")
	}
}

func TestReadStack(t *testing.T) {
	d, err := readStack([]byte(`<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
		<DescribeStacksResult><Stacks><member><StackName>a</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
		<Outputs><member><OutputKey>ApiId</OutputKey><OutputValue>abc</OutputValue></member></Outputs>
		</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`))
	if err != nil || d.status != "CREATE_COMPLETE" || d.outputs["ApiId"] != "abc" {
		t.Fatalf("%+v, %v", d, err)
	}
}

func TestCloudSeesNothingOfTheDevelopersEnvironment(t *testing.T) {
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "real")
	root := t.TempDir()
	all := append(cloudEnvironment(stack{root: root, name: "dev"}, ports{1, 2, 3}), toolEnvironment(root)...)
	for _, kv := range all {
		if strings.Contains(kv, "production") || strings.HasSuffix(kv, "=real") {
			t.Errorf("leaked: %s", kv)
		}
	}
}

func TestReadFailuresOfTheLastDeploymentOnly(t *testing.T) {
	event := func(id, kind, status, reason string) string {
		return "<member><LogicalResourceId>" + id + "</LogicalResourceId><ResourceType>" + kind + "</ResourceType><ResourceStatus>" +
			status + "</ResourceStatus><ResourceStatusReason>" + reason + "</ResourceStatusReason></member>"
	}
	const stackType = "AWS::CloudFormation::Stack"
	text := "<R><DescribeStackEventsResult><StackEvents>" +
		event("s", stackType, "UPDATE_ROLLBACK_COMPLETE", "") +
		event("Second", "AWS::SQS::Queue", "CREATE_FAILED", "two") +
		event("First", "AWS::SQS::Queue", "CREATE_FAILED", "one") +
		event("s", stackType, "UPDATE_IN_PROGRESS", "") +
		event("Old", "AWS::SQS::Queue", "CREATE_FAILED", "old") +
		"</StackEvents></DescribeStackEventsResult></R>"
	got := strings.Join(readFailures([]byte(text)), "; ")
	if got != "First (AWS::SQS::Queue): one; Second (AWS::SQS::Queue): two" {
		t.Fatal(got)
	}
}
