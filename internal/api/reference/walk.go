package reference

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"turnup/internal/platform/rest"
)

// walkStep is one call of the purchase by hand.
type walkStep struct {
	Title, Text, Operation, Command string
	Keep                            []keep
}

// keep is what to copy from the answer into a shell variable.
type keep struct{ Variable, From string }

// walk is the purchase in the order of the journey. Words in @…@ become shell variables.
func walk(a *rest.API) []walkStep {
	steps := []struct {
		id, title, text, query string
		path                   map[string]string
		body                   map[string]any
		keep                   []keep
	}{
		{id: "queryIfUserNameExists", title: "Ask whether the username is free", query: "?username=@NAME@",
			text: "Go on when the answer says `\"exists\":false`. Otherwise the customer signs in at `loginUrl`, and the journey ends here; choose another `NAME` to see the purchase."},
		{id: "registerCustomer", title: "Register", body: map[string]any{"username": "@NAME@", "password": "@PASSWORD@", "contact": map[string]any{"email": "ada@example.com"},
			"country": "DE", "language": "en", "consent": map[string]any{"terms": true}}, keep: []keep{{"TOKEN", "session.accessToken"}}},
		{id: "getCatalogue", title: "See what can be bought", query: "?country=DE&itemType=subscription", keep: []keep{{"ITEM", "itemId of the item to buy"}}},
		{id: "createPaymentMethod", title: "Begin a payment method", body: map[string]any{"returnUrl": "@RETURN@", "language": "en"}, keep: []keep{{"REFERENCE", "reference"}},
			text: "Open `redirectUrl` in a browser, enter a test card from the table below and complete the authentication. " +
				"The browser is then sent to `RETURN` with `session_id` in the address; it does not matter whether anything answers there. Copy it: `export SESSION=…`"},
		{id: "confirmPaymentMethod", title: "Confirm it", path: map[string]string{"reference": "@REFERENCE@"}, body: map[string]any{"sessionId": "@SESSION@"},
			keep: []keep{{"METHOD", "paymentMethodId"}}},
		{id: "addItemsToCart", title: "Put the item into a cart", body: map[string]any{"items": []any{map[string]any{"itemId": "@ITEM@"}}}, keep: []keep{{"CART", "cartId"}}},
		{id: "checkoutCart", title: "Buy", path: map[string]string{"cartId": "@CART@"}, body: map[string]any{"paymentMethodId": "@METHOD@", "returnUrl": "@RETURN@"},
			keep: []keep{{"ORDER", "orderId"}},
			text: "The answer is `complete`. With a card that wants authentication at every charge it is `redirect_required`: open `redirectUrl`, then send the same call again with another key."},
		{id: "getOrder", title: "See it delivered", path: map[string]string{"orderId": "@ORDER@"}, text: "Within seconds `status` turns from `paid` to `delivered`: the subscription is active."},
	}
	byID := map[string]rest.Op{}
	for _, op := range a.Operations() {
		byID[op.ID] = op
	}
	var out []walkStep
	for _, s := range steps {
		op := byID[s.id]
		path := op.Path + s.query
		for name, value := range s.path {
			path = strings.ReplaceAll(path, "{"+name+"}", value)
		}
		var body any
		if s.body != nil {
			body = s.body
		}
		out = append(out, walkStep{Title: s.title, Text: s.text, Operation: s.id, Keep: s.keep,
			Command: curl(op, path, "$NAME-"+s.id, nil, body)})
	}
	return out
}

// command is an operation's example request.
func command(op rest.Op, d *huma.Operation) string {
	path := op.Path
	var query []string
	headers := map[string]string{}
	for _, p := range d.Parameters {
		value := compact(p.Example)
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", value)
		case p.In == "query" && p.Name != "cursor":
			query = append(query, p.Name+"="+value)
		case p.In == "header" && p.Required && p.Name != "Idempotency-Key":
			headers[p.Name] = value
		}
	}
	if len(query) > 0 {
		path += "?" + strings.Join(query, "&")
	}
	key := ""
	for _, p := range d.Parameters {
		if p.Name == "Idempotency-Key" {
			key = compact(p.Example)
		}
	}
	return curl(op, path, key, headers, op.Request)
}

var shellVariable = regexp.MustCompile(`@([A-Z]+)@`)

// curl writes a command ready to paste into a POSIX shell.
func curl(op rest.Op, path, key string, headers map[string]string, body any) string {
	lines := []string{`curl -sS "$API` + shellVariable.ReplaceAllString(path, "$$$1") + `"`}
	if op.Method != http.MethodGet && op.Method != http.MethodPost {
		lines[0] = strings.Replace(lines[0], "curl -sS", "curl -sS -X "+op.Method, 1)
	}
	switch op.Audience {
	case rest.Customer, rest.Person:
		lines = append(lines, `-H "Authorization: Bearer $TOKEN"`)
	case rest.Staff:
		lines = append(lines, `-H "Authorization: Bearer $STAFF_TOKEN"`)
	case rest.Machine:
		lines = append(lines, `-H "`+rest.MachineHeader+`: $EQUIPMENT_KEY"`)
	}
	if op.NeedsKey() {
		lines = append(lines, `-H "Idempotency-Key: `+key+`"`)
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		lines = append(lines, `-H '`+name+`: `+headers[name]+`'`)
	}
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			panic("reference: an example cannot be encoded: " + err.Error())
		}
		text := strings.ReplaceAll(string(raw), `'`, `'\''`)
		lines = append(lines, `-H 'Content-Type: application/json'`, `-d '`+shellVariable.ReplaceAllString(text, `'"$$$1"'`)+`'`)
	}
	return strings.Join(lines, " \\\n  ")
}
