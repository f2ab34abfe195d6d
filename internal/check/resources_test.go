package check

import (
	"fmt"
	"strings"
	"testing"
)

func TestPoliciesBite(t *testing.T) {
	statement := func(action, resource string) *Template {
		return yamlOf(t, "Resources: {F: {Type: AWS::Serverless::Function, Properties: {Policies: [{Statement: [{Effect: Allow, Action: "+action+", Resource: "+resource+"}]}]}}}")
	}
	bites(t, Policies(statement("[dynamodb:GetItem]", "!GetAtt T.Arn")), "")
	bites(t, Policies(statement("['dynamodb:*']", "!GetAtt T.Arn")), "action dynamodb:* is a wildcard")
	bites(t, Policies(statement("'*'", "!GetAtt T.Arn")), "action * is a wildcard")
	bites(t, Policies(statement("[sqs:SendMessage]", "'*'")), "resource * is a wildcard")
	bites(t, Policies(statement("[sqs:SendMessage]", "[!Sub 'arn:aws:sqs:${AWS::Region}:*:work']")), "is a wildcard")
	bites(t, Policies(statement("[ses:SendRawEmail]", "!Sub 'arn:aws:ses:${AWS::Region}:${AWS::AccountId}:identity/*'")), "")
	bites(t, Policies(yamlOf(t, "Resources: {F: {Type: AWS::Serverless::Function, Properties: {Policies: [{Statement: {Effect: Allow, NotAction: iam:PassRole, Resource: x}}]}}}")), "NotAction")
	bites(t, Policies(yamlOf(t, "Resources: {P: {Type: AWS::SQS::QueuePolicy, Properties: {PolicyDocument: {Statement: [{Action: 'sqs:*', Resource: x}]}}}}")), "P: action sqs:* is a wildcard")
	bites(t, Policies(statement("["+strings.Repeat("dynamodb:GetItem, ", 700)+"dynamodb:Query]", "x")), "a role takes 10240")
}

const table = `Resources: {T: {Type: AWS::DynamoDB::Table, DeletionPolicy: Retain, UpdateReplacePolicy: Retain,
  Properties: {TableName: !Sub "${AWS::StackName}-carts", PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}}}}`

func TestTablesBite(t *testing.T) {
	for name, c := range map[string]struct {
		from, to, want string
		code           []string
	}{
		"good":            {"", "", "", []string{"carts"}},
		"deleted":         {"DeletionPolicy: Retain", "DeletionPolicy: Delete", "must be Retain", []string{"carts"}},
		"replaced":        {", UpdateReplacePolicy: Retain", "", "must be Retain", []string{"carts"}},
		"not restorable":  {"PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", "no point-in-time recovery", []string{"carts"}},
		"only in code":    {"", "", "table orders of store.Tables is not in the template", []string{"carts", "orders"}},
		"not in code":     {"", "", "table carts of the template is not in store.Tables", nil},
		"name of its own": {`!Sub "${AWS::StackName}-carts"`, "carts", "TableName should be", []string{"carts"}},
	} {
		t.Run(name, func(t *testing.T) { bites(t, TablesKept(yamlOf(t, replace(t, table, c.from, c.to)), c.code), c.want) })
	}
}

func TestReferencesBite(t *testing.T) {
	for name, c := range map[string]struct{ value, want string }{
		"resource":     {"!GetAtt Api.RootResourceId", ""},
		"parameter":    {"!Ref Stage", ""},
		"pseudo":       {"!Sub '${AWS::Region}-${Stage}-${Api.Arn}'", ""},
		"own variable": {"!Sub ['${X}-${Stage}', {X: 1}]", ""},
		"generated":    {"!GetAtt FunctionRole.Arn", "refers to FunctionRole"},
		"by ref":       {"!Ref ApiDeployment", "refers to ApiDeployment"},
		"in a sub":     {"!Sub '${ApiStage}/x'", "refers to ApiStage"},
		"in an if":     {"!If [C, !Ref Stag, x]", "refers to Stag,"},
	} {
		t.Run(name, func(t *testing.T) {
			bites(t, References(yamlOf(t, "Parameters: {Stage: {Type: String}}\nResources: {Api: {Type: AWS::Serverless::Api, Properties: {V: "+c.value+"}}}")), c.want)
		})
	}
}

func TestServedBites(t *testing.T) {
	for typ, want := range map[string]string{"AWS::Serverless::HttpApi": "use AWS::Serverless::Api", "AWS::Pipes::Pipe": "use a function", "AWS::SES::EmailIdentity": "needs a Condition",
		"AWS::Cognito::UserPool": "tokens are our own", "AWS::SQS::Queue": ""} {
		bites(t, Served(yamlOf(t, "Resources: {R: {Type: '"+typ+"'}}")), want)
	}
	event := "Resources: {R: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: %s}}}}}"
	bites(t, Served(yamlOf(t, fmt.Sprintf(event, "ScheduleV2"))), "use Schedule")
	bites(t, Served(yamlOf(t, fmt.Sprintf(event, "HttpApi"))), "use Api")
	bites(t, Served(yamlOf(t, fmt.Sprintf(event, "Schedule"))), "")
}

func TestCountBites(t *testing.T) {
	var b strings.Builder
	b.WriteString("Resources:\n")
	for i := range 95 { // 2 and 3 events make 5 each
		fmt.Fprintf(&b, "  F%d: {Type: AWS::Serverless::Function, Properties: {Events: {A: {Type: Api}, B: {Type: Schedule}}}}\n", i)
	}
	bites(t, Count(yamlOf(t, b.String())), "about 475 resources")
	bites(t, Count(yamlOf(t, "Resources: {R: {Type: AWS::SQS::Queue}}")), "")
}

const configured = `
Globals: {Function: {Environment: {Variables: {TABLE_PREFIX: x}}}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/f/
      Environment: {Variables: {TENANT: x}}
      Policies: [{Statement: [{Action: [ssm:GetParameters], Resource: [!Sub "arn:aws:ssm:${AWS::Region}:1:parameter${Prefix}/psp-key"]}]}]
`

const configuredMain = `package main
type settings struct {
	Prefix string ` + "`env:\"TABLE_PREFIX,required\"`" + `
	Tenant string ` + "`env:\"TENANT,required\"`" + `
}
func main() { secrets.Must(aws, prefix, "psp-key") }
`

func TestSettingsBite(t *testing.T) {
	for name, c := range map[string]struct{ from, to, mainFrom, mainTo, want string }{
		"good":                 {},
		"not set":              {"TENANT: x", "OTHER: x", "", "", "does not set TENANT"},
		"not read":             {"TENANT: x", "TENANT: x, OTHER: x", "", "", "sets OTHER, which functions/f does not read"},
		"nobody reads it":      {"TABLE_PREFIX: x", "TABLE_PREFIX: x, OTHER: x", "", "", "Globals set OTHER"},
		"secret not granted":   {"", "", `"psp-key"`, `"psp-key", "token-signing-key"`, "may not read secret token-signing-key"},
		"secret not asked for": {"", "", `secrets.Must(aws, prefix, "psp-key")`, "", "may read secret psp-key, which it does not ask for"},
	} {
		t.Run(name, func(t *testing.T) {
			tpl := yamlOf(t, replace(t, configured, c.from, c.to))
			settings := SettingsOf(Source{goFile(t, "functions/f/main.go", replace(t, configuredMain, c.mainFrom, c.mainTo))})
			bites(t, append(Environment(tpl, settings), Secrets(tpl, settings)...), c.want)
		})
	}
}

func TestTemplateParserReadsTags(t *testing.T) {
	tpl := yamlOf(t, "Resources: {R: {Type: X, Properties: {A: !Ref B, C: !GetAtt D.E.F, G: !If [H, !Ref I, 2], S: !Sub '${J}', L: [true, 1, one]}}}")
	p := tpl.Resources["R"].Properties
	for name, same := range map[string]bool{
		"ref": text1(p, "A", "Ref") == "B", "getatt": target(p["C"]) == "D" && list(p, "C", "Fn::GetAtt")[1] == "E.F", "sub": text1(p, "S", "Fn::Sub") == "${J}",
		"if": target(list(p, "G", "Fn::If")[1]) == "I" && list(p, "G", "Fn::If")[2] == 2, "scalars": list(p, "L")[0] == true && list(p, "L")[1] == 1 && list(p, "L")[2] == "one",
	} {
		if !same {
			t.Errorf("%s: %v", name, p)
		}
	}
	if _, err := ParseTemplate([]byte("Resources: {A: {Type: X}, A: {Type: Y}}")); err == nil {
		t.Error("a logical id that is there twice was taken")
	}
}
