package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// cloud is an AWS-compatible endpoint, asked with plain signed requests: a dozen calls are not worth
// five SDKs to download and compile before anything can start.
type cloud struct{ endpoint string }

func newCloud(endpoint string) cloud { return cloud{strings.TrimRight(endpoint, "/")} }

func (c cloud) putSecrets(ctx context.Context, prefix string, values map[string]string) error {
	for name, value := range values {
		body, err := json.Marshal(map[string]any{
			"Name": prefix + "/" + name, "Value": value, "Type": "SecureString", "Overwrite": true,
		})
		if err == nil {
			_, err = c.send(ctx, call{method: http.MethodPost, service: "ssm", path: "/", body: body, headers: map[string]string{
				"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.PutParameter",
			}})
		}
		if err != nil {
			return fmt.Errorf("the secret %s/%s cannot be stored: %w", prefix, name, err)
		}
	}
	return nil
}

// mailSender is the address of the template's default MailFrom.
const mailSender = "hello@turnup.example"

// verifySender lets the local cloud send mails from the demo's address; SES refuses others.
func (c cloud) verifySender(ctx context.Context) error {
	form := url.Values{"Action": {"VerifyEmailIdentity"}, "Version": {"2010-12-01"}, "EmailAddress": {mailSender}}
	_, err := c.send(ctx, call{method: http.MethodPost, service: "ses", path: "/", body: []byte(form.Encode()),
		headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}})
	if err != nil {
		return fmt.Errorf("the sender of mails cannot be verified: %w", err)
	}
	return nil
}

// deployed is what CloudFormation knows about a stack.
type deployed struct {
	status  string // empty: there is none
	outputs map[string]string
}

func (c cloud) describe(ctx context.Context, name string) (deployed, error) {
	text, err := c.formation(ctx, "DescribeStacks", name)
	var missing refused
	if errors.As(err, &missing) && strings.Contains(missing.text, "does not exist") {
		return deployed{}, nil
	}
	if err != nil {
		return deployed{}, fmt.Errorf("the stack %s cannot be described: %w", name, err)
	}
	return readStack(text)
}

func readStack(text []byte) (deployed, error) {
	var answer struct {
		Stacks []struct {
			StackStatus string
			Outputs     []struct{ OutputKey, OutputValue string } `xml:"Outputs>member"`
		} `xml:"DescribeStacksResult>Stacks>member"`
	}
	if err := xml.Unmarshal(text, &answer); err != nil {
		return deployed{}, fmt.Errorf("the description of the stack cannot be read: %w", err)
	}
	if len(answer.Stacks) == 0 {
		return deployed{}, nil
	}
	d := deployed{status: answer.Stacks[0].StackStatus, outputs: map[string]string{}}
	for _, o := range answer.Stacks[0].Outputs {
		d.outputs[o.OutputKey] = o.OutputValue
	}
	return d, nil
}

// formation is one call of CloudFormation, whose protocol is a form and an XML answer.
func (c cloud) formation(ctx context.Context, action, stackName string) ([]byte, error) {
	form := url.Values{"Action": {action}, "Version": {"2010-05-15"}, "StackName": {stackName}}
	return c.send(ctx, call{method: http.MethodPost, service: "cloudformation", path: "/", body: []byte(form.Encode()),
		headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}})
}

// removeBroken removes a stack whose first deployment failed: CloudFormation refuses to update it.
func (c cloud) removeBroken(ctx context.Context, name string) error {
	d, err := c.describe(ctx, name)
	if err != nil {
		return err
	}
	switch d.status {
	case "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED":
	default:
		return nil
	}
	if _, err := c.formation(ctx, "DeleteStack", name); err != nil {
		return fmt.Errorf("the stack %s is %s and cannot be removed: %w", name, d.status, err)
	}
	waitUntil(ctx, 60*time.Second, func() bool { d, err = c.describe(ctx, name); return err == nil && d.status == "" })
	if d.status != "" {
		return fmt.Errorf("the stack %s stays %s; run `go run ./internal/local clean` and try again", name, d.status)
	}
	return nil
}

// failures are the reasons why the last deployment of a stack failed, the first one first. Among
// hundreds of lines of output these are the ones a person looks for.
func (c cloud) failures(ctx context.Context, name string) (reasons []string) {
	text, err := c.formation(ctx, "DescribeStackEvents", name)
	if err != nil {
		return nil
	}
	return readFailures(text)
}

func readFailures(text []byte) (reasons []string) {
	var answer struct {
		Events []struct{ LogicalResourceId, ResourceType, ResourceStatus, ResourceStatusReason string } `xml:"DescribeStackEventsResult>StackEvents>member"`
	}
	if xml.Unmarshal(text, &answer) != nil {
		return nil
	}
	for _, e := range answer.Events { // newest first
		started := e.ResourceStatus == "CREATE_IN_PROGRESS" || e.ResourceStatus == "UPDATE_IN_PROGRESS"
		if e.ResourceType == "AWS::CloudFormation::Stack" && started {
			break // everything below belongs to an earlier deployment
		}
		if strings.HasSuffix(e.ResourceStatus, "_FAILED") && e.ResourceStatusReason != "" {
			reasons = append([]string{fmt.Sprintf("%s (%s): %s", e.LogicalResourceId, e.ResourceType, e.ResourceStatusReason)}, reasons...)
		}
	}
	return reasons
}

// complete tells whether all functions of a stack are really there: the emulator may have lost
// state that a marker file still claims.
func (c cloud) complete(ctx context.Context, name string) bool {
	text, err := c.formation(ctx, "DescribeStackResources", name)
	var answer struct {
		Resources []struct{ ResourceType, PhysicalResourceId string } `xml:"DescribeStackResourcesResult>StackResources>member"`
	}
	if err != nil || xml.Unmarshal(text, &answer) != nil {
		return false
	}
	functions := 0
	for _, r := range answer.Resources {
		path := ""
		switch r.ResourceType {
		case "AWS::Lambda::Function":
			path = "/2015-03-31/functions/" + r.PhysicalResourceId + "/configuration"
			functions++
		case "AWS::ApiGateway::RestApi":
			path = "/restapis/" + r.PhysicalResourceId
		default:
			continue
		}
		if _, err := c.request(ctx, http.MethodGet, serviceOf(path), path); err != nil {
			return false
		}
	}
	return functions > 0
}

func serviceOf(path string) string {
	if strings.HasPrefix(path, "/restapis") {
		return "apigateway"
	}
	return "lambda"
}

// onlyAPI finds the REST API of a stack without an ApiId output.
func (c cloud) onlyAPI(ctx context.Context, stackName string) (string, error) {
	body, err := c.request(ctx, http.MethodGet, "apigateway", "/restapis")
	if err != nil {
		return "", err
	}
	var list struct {
		Item []struct{ ID, Name string } `json:"item"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return "", fmt.Errorf("the list of APIs at %s cannot be read: %w", c.endpoint, err)
	}
	for _, api := range list.Item {
		if api.Name == stackName || len(list.Item) == 1 {
			return api.ID, nil
		}
	}
	return "", fmt.Errorf("the stack %s has no output ApiId and no REST API of its name at %s", stackName, c.endpoint)
}

// call is one request to the cloud.
type call struct {
	method, service, path string
	headers               map[string]string
	body                  []byte
}

// refused is an answer that is not a success.
type refused struct{ status, text string }

func (r refused) Error() string { return r.status }

// request is a call without headers and body.
func (c cloud) request(ctx context.Context, method, service, path string) ([]byte, error) {
	return c.send(ctx, call{method: method, service: service, path: path})
}

// send signs a call, as every AWS-compatible endpoint wants it to tell the services apart.
func (c cloud) send(ctx context.Context, what call) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, what.method, c.endpoint+what.path, bytes.NewReader(what.body))
	if err != nil {
		return nil, err
	}
	for name, value := range what.headers {
		r.Header.Set(name, value)
	}
	digest := sha256.Sum256(what.body)
	sum := hex.EncodeToString(digest[:])
	r.Header.Set("X-Amz-Content-Sha256", sum)
	who := aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey}
	if err := v4.NewSigner().SignHTTP(ctx, who, r, sum, what.service, region, time.Now()); err != nil {
		return nil, err
	}
	response, err := calls.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s does not answer: %w", c.endpoint, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 10<<20))
	if err == nil && response.StatusCode >= 300 {
		err = refused{response.Status, string(text)}
	}
	if err != nil {
		return nil, fmt.Errorf("%s of %s at %s fails: %w", what.method, what.service+what.path, c.endpoint, err)
	}
	return text, nil
}

// calls is generous: an emulator with one processor may be busy with a deployment.
var calls = http.Client{Timeout: 30 * time.Second}
