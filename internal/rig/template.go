package rig

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"turnup/internal/check"
)

// account is the local clouds' AWS account.
const account = "000000000000"

// nameProperty is where each type of resource has its name.
var nameProperty = map[string]string{"AWS::SQS::Queue": "QueueName", "AWS::DynamoDB::Table": "TableName", "AWS::Events::EventBus": "Name",
	"AWS::Serverless::StateMachine": "Name", "AWS::Serverless::Function": "FunctionName", "AWS::Serverless::Api": "Name"}

// arnForm is what an ARN of each type looks like.
var arnForm = map[string]string{"AWS::SQS::Queue": "arn:aws:sqs:%s:%s:%s", "AWS::DynamoDB::Table": "arn:aws:dynamodb:%s:%s:table/%s",
	"AWS::Events::EventBus": "arn:aws:events:%s:%s:event-bus/%s", "AWS::Serverless::StateMachine": "arn:aws:states:%s:%s:stateMachine:%s",
	"AWS::Serverless::Function": "arn:aws:lambda:%s:%s:function:%s"}

// value is what CloudFormation would make of a value of the template, for our own stack.
func (s *Site) value(v any) (string, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprint(v), nil
	}
	for function, of := range m {
		switch function {
		case "Ref":
			return s.ref(fmt.Sprint(of))
		case "Fn::GetAtt":
			if l, ok := of.([]any); ok && len(l) == 2 {
				return s.attribute(fmt.Sprint(l[0]), fmt.Sprint(l[1]))
			}
		case "Fn::Sub":
			return s.substitute(fmt.Sprint(of))
		case "Fn::Join":
			if l, ok := of.([]any); ok && len(l) == 2 {
				return s.join(fmt.Sprint(l[0]), l[1])
			}
		case "Fn::If": // the only condition is that there is an endpoint, and here there is one
			if l, ok := of.([]any); ok && len(l) == 3 && l[0] == "HasEndpoint" {
				return s.value(l[1])
			}
		}
	}
	return "", fmt.Errorf("rig: the template's value %v cannot be resolved", v)
}

// join joins a list of values, or a parameter that is a list separated by commas.
func (s *Site) join(by string, of any) (string, error) {
	all, ok := of.([]any)
	if !ok {
		text, err := s.value(of)
		return strings.ReplaceAll(text, ",", by), err
	}
	texts := make([]string, len(all))
	for i, one := range all {
		var err error
		if texts[i], err = s.value(one); err != nil {
			return "", err
		}
	}
	return strings.Join(texts, by), nil
}

var placeholder = regexp.MustCompile(`\$\{([^}]+)\}`)

func (s *Site) substitute(text string) (out string, err error) {
	out = placeholder.ReplaceAllStringFunc(text, func(found string) string {
		name, attribute, isAttribute := strings.Cut(strings.Trim(found, "${}"), ".")
		resolved, e := "", error(nil)
		if isAttribute {
			resolved, e = s.attribute(name, attribute)
		} else {
			resolved, e = s.ref(name)
		}
		if e != nil {
			err = e
		}
		return resolved
	})
	return out, err
}

func (s *Site) ref(name string) (string, error) {
	switch name {
	case "AWS::StackName":
		return s.Stack, nil
	case "AWS::Region":
		return s.aws.Region, nil
	case "AWS::AccountId":
		return account, nil
	case "AWS::Partition":
		return "aws", nil
	}
	if v, ok := s.parameters[name]; ok {
		return v, nil
	}
	if p, ok := s.Template.Parameters[name].(map[string]any); ok {
		if v, ok := p["Default"]; ok {
			return fmt.Sprint(v), nil
		}
		return "", fmt.Errorf("rig: the template's parameter %s has no value", name)
	}
	r, ok := s.Template.Resources[name]
	if !ok {
		return "", fmt.Errorf("rig: the template has no %s", name)
	}
	if r.Type == "AWS::SQS::Queue" {
		return s.QueueURL(name)
	}
	if r.Type == "AWS::Serverless::StateMachine" {
		return s.attribute(name, "Arn")
	}
	return s.name(r)
}

func (s *Site) attribute(id, attribute string) (string, error) {
	r, ok := s.Template.Resources[id]
	if !ok {
		return "", fmt.Errorf("rig: the template has no %s", id)
	}
	name, err := s.name(r)
	if attribute != "Arn" || err != nil {
		return name, err
	}
	return fmt.Sprintf(arnForm[r.Type], s.aws.Region, account, name), nil
}

func (s *Site) name(r check.Resource) (string, error) {
	property, ok := r.Properties[nameProperty[r.Type]]
	if !ok {
		return "", fmt.Errorf("rig: %s has no name", r.Name)
	}
	return s.value(property)
}

// QueueURL is the address of a queue by its logical id.
func (s *Site) QueueURL(id string) (string, error) {
	name, err := s.name(s.Template.Resources[id])
	return s.Endpoint + "/" + account + "/" + name, err
}

// ofType lists the template's resources of a type, by logical id.
func (s *Site) ofType(kind string) (found []check.Resource) {
	for _, r := range s.Template.Resources {
		if r.Type == kind {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b check.Resource) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// into reads a part of the template into an AWS type, whose fields are called like the template's.
func into(v, to any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, to)
}

// Functions lists the template's functions by the names of their programs.
func (s *Site) Functions() map[string]check.Function {
	all := map[string]check.Function{}
	for _, f := range s.Template.Functions() {
		all[path.Base(f.Folder)] = f
	}
	return all
}

// Scheduled lists the functions that a clock invokes.
func (s *Site) Scheduled() (names []string) {
	for name, f := range s.Functions() {
		events, _ := f.Props["Events"].(map[string]any)
		for _, e := range events {
			if m, ok := e.(map[string]any); ok && m["Type"] == "Schedule" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Env is the environment that the template gives a function of our stack, with the addresses under which it sees the
// cloud and the PSP.
func (s *Site) Env(function, cloud, psp string) ([]string, error) {
	own := *s
	own.parameters = map[string]string{"EndpointUrl": cloud, "PspUrl": psp}
	for name, v := range s.parameters {
		own.parameters[name] = v
	}
	f, ok := s.Functions()[function]
	if !ok {
		return nil, fmt.Errorf("rig: the template has no function %s", function)
	}
	env := slices.Clone(s.credentials)
	for _, from := range []map[string]any{variables(s.Template.Globals["Function"]), variables(f.Props)} {
		for name, v := range from {
			text, err := own.value(v)
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", name, function, err)
			}
			env = append(env, name+"="+text)
		}
	}
	slices.Sort(env)
	return env, nil
}

func variables(v any) map[string]any {
	for _, name := range []string{"Environment", "Variables"} {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	m, _ := v.(map[string]any)
	return m
}

// Table is the name of a table by its logical id, without the stack's prefix.
func (s *Site) Table(id string) (string, error) {
	full, err := s.name(s.Template.Resources[id])
	return strings.TrimPrefix(full, s.Prefix), err
}
