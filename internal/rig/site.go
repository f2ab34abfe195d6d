package rig

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"turnup/internal/base/clock"
	"turnup/internal/base/token"
	"turnup/internal/check"
	"turnup/internal/journey"
	"turnup/internal/journey/demo"
	"turnup/internal/store"
)

// Site is a stack of our own in the local cloud, made after template.yaml beside the deployed one, without functions:
// those run here. So the deployed functions can neither be faster than ours nor take their events away.
type Site struct {
	journey.Site // of our stack; its API is empty
	Template     *check.Template
	Stack        string
	Bus          string            // name of the bus
	Secrets      map[string]string // of the deployed stack, by their names
	DynamoDB     *dynamodb.Client
	SQS          *sqs.Client
	Store        *store.DB

	aws         aws.Config
	parameters  map[string]string // the template's, where they are not the defaults
	credentials []string
	machines    []string // ARNs
}

// Options say what a Site has.
type Options struct {
	Name       string            // distinguishes the stack from others beside the deployed one
	Queues     bool              // with the template's queues and rules; without them events on the bus lead to nothing
	Parameters map[string]string // of the template
}

// Open makes a site and loads the demo catalogue. It needs the environment of a deployed local stack.
func Open(ctx context.Context, o Options) (*Site, error) {
	deployed, err := journey.SiteFromEnv()
	if err != nil {
		return nil, err
	}
	if deployed.Prefix == "" {
		return nil, errors.New("TURNUP_OUT_TablePrefix is not set: load the environment of a local stack")
	}
	secrets := "/turnup/" + strings.TrimSuffix(deployed.Prefix, "-")
	s, err := beside(deployed, o.Name)
	if err != nil {
		return nil, err
	}
	if err := s.readSecrets(ctx, secrets); err != nil {
		return nil, err
	}
	public, err := s.publicKeys()
	if err != nil {
		return nil, err
	}
	s.parameters = map[string]string{"SecretsPrefix": secrets, "TokenPublicKeys": public}
	for name, v := range o.Parameters {
		s.parameters[name] = v
	}
	s.credentials = []string{"AWS_REGION=" + s.aws.Region, "AWS_ACCESS_KEY_ID=" + os.Getenv("AWS_ACCESS_KEY_ID"),
		"AWS_SECRET_ACCESS_KEY=" + os.Getenv("AWS_SECRET_ACCESS_KEY")}
	s.Close(ctx) // what an interrupted run left behind
	for _, make := range []func(context.Context) error{s.makeTables, s.makeBus, s.makeMachines} {
		if err := make(ctx); err != nil {
			return nil, err
		}
	}
	if o.Queues {
		if err := s.makeQueues(ctx); err != nil {
			return nil, err
		}
	}
	_, err = demo.Load(ctx, s.Store)
	return s, err
}

// OpenTables makes a site that has tables and nothing else, for who runs the code in a process of their own. It needs the address of a
// local cloud and the prefix of the deployed tables.
func OpenTables(ctx context.Context, name string) (*Site, error) {
	deployed := journey.Site{Endpoint: os.Getenv("TURNUP_ENDPOINT"), Prefix: os.Getenv("TURNUP_OUT_TablePrefix")}
	if deployed.Endpoint == "" || deployed.Prefix == "" {
		return nil, errors.New("TURNUP_ENDPOINT and TURNUP_OUT_TablePrefix are not set: load the environment of a local stack")
	}
	s, err := beside(deployed, name)
	if err != nil {
		return nil, err
	}
	s.Close(ctx)
	return s, s.makeTables(ctx)
}

// beside is a site that has nothing yet.
func beside(deployed journey.Site, name string) (*Site, error) {
	root, err := check.Root()
	if err != nil {
		return nil, err
	}
	s := &Site{Site: deployed, Stack: deployed.Prefix + name, aws: deployed.AWS()}
	if s.Template, err = check.ReadTemplate(root); err != nil {
		return nil, err
	}
	s.API, s.Crm, s.Prefix = "", "", s.Stack+"-"
	s.DynamoDB, s.SQS = dynamodb.NewFromConfig(s.aws), sqs.NewFromConfig(s.aws)
	s.Store = store.New(s.DynamoDB, s.Prefix, clock.System)
	return s, nil
}

// secretNames are all secrets there are.
var secretNames = []string{"token-signing-key", "psp-key", "psp-webhook-secret", "link-key", "subscriber-key", "radius-key", "access-key", "netbox-token", "nas-secrets", "pages-key"}

func (s *Site) readSecrets(ctx context.Context, prefix string) error {
	var names []string
	for _, n := range secretNames {
		names = append(names, prefix+"/"+n)
	}
	decrypt := true
	out, err := ssm.NewFromConfig(s.aws).GetParameters(ctx, &ssm.GetParametersInput{Names: names, WithDecryption: &decrypt})
	if err != nil {
		return fmt.Errorf("the deployment's secrets cannot be read: %w", err)
	}
	if len(out.InvalidParameters) > 0 {
		return fmt.Errorf("the deployment has no %s", strings.Join(out.InvalidParameters, ", "))
	}
	s.Secrets = map[string]string{}
	for _, p := range out.Parameters {
		s.Secrets[strings.TrimPrefix(*p.Name, prefix+"/")] = *p.Value
	}
	return nil
}

// NASSecret is what is shared with a NAS.
func (s *Site) NASSecret(nas string) string {
	for _, entry := range strings.Split(s.Secrets["nas-secrets"], ",") {
		if name, secret, _ := strings.Cut(entry, "="); name == nas {
			return secret
		}
	}
	return ""
}

// publicKeys is the public half of the signing key, as the functions read it.
func (s *Site) publicKeys() (string, error) {
	block, _ := pem.Decode([]byte(s.Secrets["token-signing-key"]))
	if block == nil {
		return "", errors.New("the deployment's signing key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("the deployment's signing key cannot be read: %w", err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return "", errors.New("the deployment's signing key is not Ed25519")
	}
	public := private.Public().(ed25519.PublicKey)
	return token.KeyID(public) + ":" + base64.StdEncoding.EncodeToString(public), nil
}

// makeTables makes the template's tables with their indexes.
func (s *Site) makeTables(ctx context.Context) error {
	for _, r := range s.ofType("AWS::DynamoDB::Table") {
		name, err := s.name(r)
		if err != nil {
			return err
		}
		in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest}
		for property, to := range map[string]any{"AttributeDefinitions": &in.AttributeDefinitions, "KeySchema": &in.KeySchema, "GlobalSecondaryIndexes": &in.GlobalSecondaryIndexes} {
			if err := into(r.Properties[property], to); err != nil {
				return fmt.Errorf("%s of %s: %w", property, r.Name, err)
			}
		}
		// what an earlier run left was removed before: one that is there was made by a call whose answer was lost
		var there *types.ResourceInUseException
		if _, err := s.DynamoDB.CreateTable(ctx, in); err != nil && !errors.As(err, &there) {
			return fmt.Errorf("the table %s cannot be made: %w", name, err)
		}
		if err := dynamodb.NewTableExistsWaiter(s.DynamoDB).Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, time.Minute); err != nil {
			return fmt.Errorf("the table %s does not become active: %w", name, err)
		}
	}
	return nil
}

func (s *Site) makeBus(ctx context.Context) error {
	for _, r := range s.ofType("AWS::Events::EventBus") {
		name, err := s.name(r)
		if err != nil {
			return err
		}
		var there *ebtypes.ResourceAlreadyExistsException // as with tables
		if _, err := eventbridge.NewFromConfig(s.aws).CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: &name}); err != nil && !errors.As(err, &there) {
			return err
		}
		s.Bus = name
	}
	return nil
}

// makeMachines makes state machines that succeed at once: what they would do is done by whoever uses the site.
func (s *Site) makeMachines(ctx context.Context) error {
	role, definition := "arn:aws:iam::"+account+":role/rig", `{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}`
	for _, r := range s.ofType("AWS::Serverless::StateMachine") {
		name, err := s.name(r)
		if err != nil {
			return err
		}
		out, err := sfn.NewFromConfig(s.aws).CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: &name, RoleArn: &role, Definition: &definition})
		if err != nil {
			return err
		}
		s.machines = append(s.machines, *out.StateMachineArn)
	}
	return nil
}

// Close removes what is our own; what is not there is no error.
func (s *Site) Close(ctx context.Context) {
	for _, r := range s.ofType("AWS::DynamoDB::Table") {
		if name, err := s.name(r); err == nil {
			if _, err := s.DynamoDB.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name}); err == nil {
				_ = dynamodb.NewTableNotExistsWaiter(s.DynamoDB).Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, time.Minute)
			}
		}
	}
	s.removeQueues(ctx)
	for _, r := range s.ofType("AWS::Events::EventBus") {
		if name, err := s.name(r); err == nil {
			_, _ = eventbridge.NewFromConfig(s.aws).DeleteEventBus(ctx, &eventbridge.DeleteEventBusInput{Name: &name})
		}
	}
	for _, r := range s.ofType("AWS::Serverless::StateMachine") {
		if arn, err := s.attribute(r.Name, "Arn"); err == nil {
			_, _ = sfn.NewFromConfig(s.aws).DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: &arn})
		}
	}
}
