package main

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
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"turnup/internal/base/clock"
	"turnup/internal/base/token"
	"turnup/internal/journey"
	"turnup/internal/journey/demo"
	"turnup/internal/store"
)

// site is what the programs under measurement work on: tables, bus and state machine of their own beside the deployed
// ones, made after the deployed tables' definitions. So the deployed functions, which get the sandbox's webhooks as
// always, can neither be faster than the measured ones nor take their events away.
type site struct {
	journey.Site
	stack   string // name of the deployed stack
	prefix  string // of our own tables
	bus     string
	machine string
	secrets map[string]string
	aws     aws.Config
	db      *dynamodb.Client
	store   *store.DB
}

// openSite makes what is our own and loads the demo catalogue.
func openSite(ctx context.Context) (*site, error) {
	deployed, err := journey.SiteFromEnv()
	if err != nil {
		return nil, err
	}
	if deployed.Prefix == "" {
		return nil, errors.New("TURNUP_OUT_TablePrefix is not set: run this by make bench")
	}
	s := &site{Site: deployed, stack: strings.TrimSuffix(deployed.Prefix, "-"), prefix: deployed.Prefix + "bench-", aws: deployed.AWS()}
	s.db = dynamodb.NewFromConfig(s.aws)
	s.store = store.New(s.db, s.prefix, clock.System)
	s.bus = s.prefix + "domain"
	s.close(ctx) // what an interrupted run left behind
	for _, make := range []func(context.Context) error{s.readSecrets, s.makeTables, s.makeBus, s.makeMachine} {
		if err := make(ctx); err != nil {
			return nil, err
		}
	}
	_, err = demo.Load(ctx, s.store)
	return s, err
}

func (s *site) secretsPrefix() string { return "/turnup/" + s.stack }

func (s *site) readSecrets(ctx context.Context) error {
	var names []string
	for _, n := range []string{"token-signing-key", "psp-key", "psp-webhook-secret"} {
		names = append(names, s.secretsPrefix()+"/"+n)
	}
	decrypt := true
	out, err := ssm.NewFromConfig(s.aws).GetParameters(ctx, &ssm.GetParametersInput{Names: names, WithDecryption: &decrypt})
	if err != nil {
		return fmt.Errorf("the deployment's secrets cannot be read: %w", err)
	}
	if len(out.InvalidParameters) > 0 {
		return fmt.Errorf("the deployment has no %s", strings.Join(out.InvalidParameters, ", "))
	}
	s.secrets = map[string]string{}
	for _, p := range out.Parameters {
		s.secrets[strings.TrimPrefix(*p.Name, s.secretsPrefix()+"/")] = *p.Value
	}
	return nil
}

// makeTables copies the definitions of the deployed tables, so that an index added there is counted here.
func (s *site) makeTables(ctx context.Context) error {
	for _, name := range store.Tables {
		from, to := s.Prefix+name, s.prefix+name
		found, err := s.db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &from})
		if err != nil {
			return fmt.Errorf("the table %s cannot be described: %w", from, err)
		}
		in := &dynamodb.CreateTableInput{TableName: &to, BillingMode: types.BillingModePayPerRequest,
			AttributeDefinitions: found.Table.AttributeDefinitions, KeySchema: found.Table.KeySchema}
		for _, g := range found.Table.GlobalSecondaryIndexes {
			in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes,
				types.GlobalSecondaryIndex{IndexName: g.IndexName, KeySchema: g.KeySchema, Projection: g.Projection})
		}
		if _, err := s.db.CreateTable(ctx, in); err != nil {
			return fmt.Errorf("the table %s cannot be made: %w", to, err)
		}
		exists := dynamodb.NewTableExistsWaiter(s.db)
		if err := exists.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &to}, time.Minute); err != nil {
			return fmt.Errorf("the table %s does not become active: %w", to, err)
		}
	}
	return nil
}

// makeBus makes a bus without rules: events put on it lead to nothing.
func (s *site) makeBus(ctx context.Context) error {
	_, err := eventbridge.NewFromConfig(s.aws).CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: &s.bus})
	return err
}

// makeMachine makes a state machine that succeeds at once: only that it is started counts.
func (s *site) makeMachine(ctx context.Context) error {
	name, role := s.prefix+"settlement", "arn:aws:iam::000000000000:role/bench"
	definition := `{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}`
	out, err := sfn.NewFromConfig(s.aws).CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: &name, RoleArn: &role, Definition: &definition})
	if err == nil {
		s.machine = *out.StateMachineArn
	}
	return err
}

// close removes what is our own; what is not there is no error.
func (s *site) close(ctx context.Context) {
	for _, name := range store.Tables {
		table := s.prefix + name
		if _, err := s.db.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table}); err == nil {
			_ = dynamodb.NewTableNotExistsWaiter(s.db).Wait(ctx, &dynamodb.DescribeTableInput{TableName: &table}, time.Minute)
		}
	}
	_, _ = eventbridge.NewFromConfig(s.aws).DeleteEventBus(ctx, &eventbridge.DeleteEventBusInput{Name: &s.bus})
	if s.machine != "" {
		_, _ = sfn.NewFromConfig(s.aws).DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: &s.machine})
	}
}

// publicKeys is the public half of the signing key, as the functions read it.
func (s *site) publicKeys() (string, error) {
	block, _ := pem.Decode([]byte(s.secrets["token-signing-key"]))
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

// environment is that of template.yaml, all functions' in one: each reads what it knows.
func (s *site) environment(cloud, psp string) ([]string, error) {
	public, err := s.publicKeys()
	if err != nil {
		return nil, err
	}
	parking := s.Endpoint + "/000000000000/" + s.prefix + "nowhere" // a message parked there fails, and the benchmark with it
	return []string{
		"AWS_ENDPOINT_URL=" + cloud, "AWS_REGION=" + s.aws.Region, "AWS_ACCESS_KEY_ID=" + os.Getenv("AWS_ACCESS_KEY_ID"),
		"AWS_SECRET_ACCESS_KEY=" + os.Getenv("AWS_SECRET_ACCESS_KEY"),
		"TABLE_PREFIX=" + s.prefix, "TENANT=" + string(demo.Tenant), "SECRETS_PREFIX=" + s.secretsPrefix(), "TOKEN_PUBLIC_KEYS=" + public,
		"WEB_ORIGINS=http://localhost:3000", "LOGIN_URL=http://localhost:3000/login", "USERNAME_QUERY=on",
		"PSP_URL=" + psp, "PSP_TIMEOUT=9s", "EVENT_BUS=" + s.bus, "DLQ_URL=" + parking, "SETTLEMENT_MACHINE=" + s.machine, "FIRST_LOOK=70s",
		"MAIL_FROM=Turnup Demo <hello@turnup.example>", "BRAND=Turnup Demo",
	}, nil
}
