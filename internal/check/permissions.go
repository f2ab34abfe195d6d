package check

import (
	"go/ast"
	"go/constant"
	"go/types"
	"strings"
)

const awsService = "github.com/aws/aws-sdk-go-v2/service/"

// services are the prefixes of IAM actions by the SDK's package.
var services = map[string]string{"dynamodb": "dynamodb", "sqs": "sqs", "ses": "ses", "sfn": "states", "eventbridge": "events", "ssm": "ssm"}

// writes are the parts of DynamoDB's transactions and batches; IAM asks for the action of each.
var writes = map[string]string{"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem",
	"PutRequest": "PutItem", "DeleteRequest": "DeleteItem"}

// access is one action on one table; table is "" where the table is a parameter of the function, whose index param then is.
type access struct {
	action, table string
	param         int
}

// storage is what each function of the store does to which table, directly or by handing a table's name on.
type storage map[*types.Func]map[access]bool

// Needs derives what each function of functions/ may do: "dynamodb:GetItem carts", "sqs:SendMessage".
func (g *Graph) Needs() (needs map[string]map[string]bool, problems []string) {
	store, unclear := g.storage()
	needs = map[string]map[string]bool{}
	for dir, main := range g.byDir {
		needs[dir] = map[string]bool{}
		for f := range g.Reached(main) {
			if action := clientCall(f); action != "" && !strings.HasPrefix(action, "dynamodb:") {
				needs[dir][action] = true
			}
			for a := range store[f] {
				if a.table != "" {
					needs[dir]["dynamodb:"+a.action+" "+a.table] = true
				}
			}
		}
	}
	return needs, unclear
}

// clientCall is the IAM action of a method of an AWS client, "" for anything else.
func clientCall(f *types.Func) string {
	recv := f.Signature().Recv()
	if recv == nil || f.Pkg() == nil || !strings.HasPrefix(f.Pkg().Path(), awsService) || !f.Exported() {
		return ""
	}
	p, ok := recv.Type().(*types.Pointer)
	if !ok || !strings.HasSuffix(p.Elem().String(), ".Client") || f.Name() == "Options" {
		return ""
	}
	service := services[strings.TrimPrefix(f.Pkg().Path(), awsService)]
	return service + ":" + f.Name()
}

// storage finds the accesses of the store's functions. What a function does is the product of the actions and the tables it
// names; it is unclear when it names an action and no table.
func (g *Graph) storage() (storage, []string) {
	out, unclear := storage{}, findings{}
	for f, calls := range g.calls {
		if f.Pkg().Path() != module+"/internal/store" {
			continue
		}
		if out[f] = map[access]bool{}; len(calls) == 0 {
			continue
		}
		actions, tables := direct(calls)
		if len(actions) > 0 && len(tables) == 0 {
			unclear.add("store: %s does %s to a table that cannot be told", f.Name(), strings.Join(sortedKeys(actions), ", "))
		}
		for action := range actions {
			for t := range tables {
				out[f][access{action, t.table, t.param}] = true
			}
		}
	}
	out.announced(&unclear)
	for grown := true; grown; { // hand parameters on until nothing is new
		grown = false
		for f := range out {
			for _, c := range g.calls[f] {
				for a := range out[c.To] {
					if a.table != "" || a.param >= len(c.Args) {
						continue
					}
					if b, ok := tableOf(c, a.param); ok {
						b.action = a.action
						grown = grown || !out[f][b]
						out[f][b] = true
					}
				}
			}
		}
	}
	return out, unclear.sorted()
}

// announced moves the outbox's write to where it is decided: each commit calls outboxRow, which writes only what announce
// collected before.
func (s storage) announced(unclear *findings) {
	byName := map[string]*types.Func{}
	for f := range s {
		byName[f.Name()] = f
	}
	row, announce := byName["outboxRow"], byName["announce"]
	if row == nil || announce == nil {
		unclear.add("store: outboxRow and announce are called otherwise now")
		return
	}
	s[announce], s[row] = s[row], map[access]bool{}
}

// direct lists the DynamoDB actions and the tables that a function names itself.
func direct(calls []Call) (actions map[string]bool, tables map[access]bool) {
	actions, tables = map[string]bool{}, map[access]bool{}
	below := ""
	for _, c := range calls { // what reads an index names no rows of the table itself
		if v := namedIndex(c); v != "" {
			below = "/index/" + v
		}
	}
	for _, c := range calls {
		if action, ok := strings.CutPrefix(clientCall(c.To), "dynamodb:"); ok && action != "TransactWriteItems" && action != "BatchGetItem" {
			actions[action] = true // the others go by their parts: types.Put and the like, batch.add
		}
		if c.To.Name() == "table" && len(c.Args) == 1 {
			if t, ok := tableOf(c, 0); ok {
				t.table += below
				tables[t] = true
			}
		}
	}
	fn, info := calls[0].In, calls[0].Info
	if fn.Recv != nil && receiver(fn) == "batch" && len(tables) > 0 {
		actions["BatchGetItem"] = true
	}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if l, ok := n.(*ast.CompositeLit); ok {
			if t, ok := info.Types[l].Type.(*types.Named); ok && t.Obj().Pkg() != nil && t.Obj().Pkg().Path() == awsService+"dynamodb/types" {
				if action := writes[t.Obj().Name()]; action != "" {
					actions[action] = true
				}
			}
		}
		return true
	})
	return actions, tables
}

// namedIndex is the index that a call of the store's index names, "" for any other call.
func namedIndex(c Call) string {
	if c.To.Name() != "index" || len(c.Args) != 1 {
		return ""
	}
	if v := c.Info.Types[c.Args[0]].Value; v != nil && v.Kind() == constant.String {
		return constant.StringVal(v)
	}
	return ""
}

// tableOf reads an argument as a table: a constant, or a parameter of the calling function.
func tableOf(c Call, index int) (access, bool) {
	arg := c.Args[index]
	if v := c.Info.Types[arg].Value; v != nil && v.Kind() == constant.String {
		return access{table: constant.StringVal(v)}, true
	}
	id, ok := arg.(*ast.Ident)
	if !ok {
		return access{}, false
	}
	at := 0
	for _, field := range c.In.Type.Params.List {
		for _, name := range field.Names {
			if c.Info.Defs[name] == c.Info.Uses[id] {
				return access{param: at}, true
			}
			at++
		}
	}
	return access{}, false
}

// Granted reads what the template lets each function do, in the words of Needs.
func Granted(t *Template) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, f := range t.Functions() {
		out[f.Folder] = map[string]bool{}
		for _, s := range statements(f.Props) {
			for _, action := range texts(s["Action"]) {
				if !strings.HasPrefix(action, "dynamodb:") {
					out[f.Folder][action] = true
					continue
				}
				for _, r := range many(s["Resource"]) {
					out[f.Folder][action+" "+tableNamed(t, r)] = true
				}
			}
		}
	}
	return out
}

// tableNamed is the table, or its index, that a statement's resource names.
func tableNamed(t *Template, resource any) string {
	if id, index, ok := strings.Cut(strings.TrimPrefix(text1(resource, "Fn::Sub"), "${"), ".Arn}/index/"); ok {
		return tableName(t.Resources[id]) + "/index/" + index
	}
	return tableName(t.Resources[target(resource)])
}

// Permissions holds what the code does against what the template grants.
func Permissions(t *Template, needs map[string]map[string]bool) []string {
	var out findings
	granted := Granted(t)
	for _, f := range t.Functions() {
		for _, n := range missing(needs[f.Folder], granted[f.Folder]) {
			out.add("%s needs %s, which the template does not grant", f.Name, n)
		}
		for _, n := range missing(granted[f.Folder], needs[f.Folder]) {
			if n == "sqs:SendMessage" && len(f.Streams) > 0 {
				continue // Lambda itself sends what the stream could not deliver, with the function's role
			}
			out.add("%s is granted %s, which it never does", f.Name, n)
		}
	}
	return out.sorted()
}
