package check

import (
	"strings"
	"testing"
)

func TestImportsKeepTheLayers(t *testing.T) { none(t, Layering(theProject(t).source)) }

func TestThereIsNoCompositionRoot(t *testing.T) { none(t, CompositionRoots(theProject(t).source)) }

func TestTimeComesFromTheClock(t *testing.T) { none(t, Clocks(theProject(t).source)) }

func TestPackagesAreNamedAfterWhatTheyOwn(t *testing.T) { none(t, Names(theProject(t).source)) }

func TestFilesAreShort(t *testing.T) { none(t, Sizes(theProject(t).source)) }

func TestLayeringBites(t *testing.T) {
	for path, c := range map[string]struct{ imports, want string }{
		"internal/domain/cart/a.go":               {`"turnup/internal/domain/order"`, "domain may not import layer domain"},
		"internal/domain/cart/b.go":               {`"turnup/internal/store"`, "domain may not import layer store"},
		"internal/domain/cart/c.go":               {`"github.com/aws/aws-sdk-go-v2/service/sqs"`, "layer domain imports github.com/aws"},
		"internal/domain/cart/d.go":               {`"turnup/internal/base/money"`, ""},
		"internal/api/carts/a.go":                 {`"turnup/internal/store"`, "api may not import layer store"},
		"internal/api/carts/b.go":                 {`"turnup/internal/api/orders"`, "api may not import layer api"},
		"internal/api/carts/c.go":                 {`"turnup/functions/carts"`, "nothing imports a function"},
		"internal/api/carts/d.go":                 {`"github.com/aws/aws-lambda-go/events"`, "layer api imports github.com/aws"},
		"internal/api/reference/a.go":             {`"turnup/internal/api/orders"`, ""},
		"internal/api/reference/print/main.go":    {`"turnup/internal/api/reference"`, ""},
		"internal/consumer/delivery/a.go":         {`"turnup/internal/external/mail"`, "consumer may not import layer external"},
		"internal/consumer/delivery/b.go":         {`"turnup/internal/consumer/settlement"`, "consumer may not import layer consumer"},
		"internal/store/a.go":                     {`"turnup/internal/platform/rest"`, "store may not import layer platform"},
		"internal/external/mail/a.go":             {`"turnup/internal/external/stripe"`, "external may not import layer external"},
		"internal/external/stripe/a.go":           {`"github.com/stripe/stripe-go/v76"`, ""},
		"internal/external/stripe/sandbox/a.go":   {`"turnup/internal/external/stripe"`, ""},
		"internal/platform/rest/a.go":             {`"turnup/internal/domain/cart"`, "platform may not import layer domain"},
		"internal/base/money/a.go":                {`"turnup/internal/platform/metric"`, "base may not import layer platform"},
		"internal/base/money/b.go":                {`"github.com/stripe/stripe-go/v76"`, "layer base imports github.com/stripe"},
		"internal/api/carts/tested_test.go":       {`"turnup/internal/store"`, ""},
		"internal/store/uses_a_tool.go":           {`"turnup/internal/bench"`, "store may not import layer bench"},
		"functions/carts/main.go":                 {`"turnup/internal/external/stripe"`, ""},
		"functions/carts/uses_another_one.go":     {`"turnup/functions/orders"`, "nothing imports a function"},
		"internal/journey/play/drives_a_store.go": {`"turnup/internal/store"`, ""},
	} {
		t.Run(path, func(t *testing.T) {
			bites(t, Layering(Source{goFile(t, path, "package p\nimport "+c.imports+"\n")}), c.want)
		})
	}
}

func TestCompositionRootsBite(t *testing.T) {
	const both = "package p\nimport (\n\"turnup/internal/external/mail\"\n\"turnup/internal/external/stripe\"\n)\n"
	bites(t, CompositionRoots(Source{goFile(t, "internal/platform/all/all.go", both)}), "internal/platform/all imports several clients")
	bites(t, CompositionRoots(Source{goFile(t, "functions/billing/main.go", both)}), "")
}

func TestClocksBite(t *testing.T) {
	for name, c := range map[string]struct{ path, text, want string }{
		"now":      {"internal/domain/cart/a.go", "package p\nimport \"time\"\nvar a = time.Now()\n", "uses time.Now"},
		"renamed":  {"internal/domain/cart/a.go", "package p\nimport tm \"time\"\nvar a = tm.Now()\n", "uses time.Now"},
		"as value": {"internal/domain/cart/a.go", "package p\nimport \"time\"\nvar a = time.Now\n", "uses time.Now"},
		"since":    {"functions/carts/main.go", "package main\nimport \"time\"\nfunc main() { _ = time.Since(time.Time{}) }\n", "uses time.Since"},
		"comment":  {"internal/domain/cart/a.go", "package p\n// time.Now() is only in the clock\nvar a = \"time.Now()\"\n", ""},
		"clock":    {"internal/base/clock/a.go", "package p\nimport \"time\"\nvar a = time.Now()\n", ""},
		"test":     {"internal/domain/cart/a_test.go", "package p\nimport \"time\"\nvar a = time.Now()\n", ""},
	} {
		t.Run(name, func(t *testing.T) { bites(t, Clocks(Source{goFile(t, c.path, c.text)}), c.want) })
	}
}

func TestNamesBite(t *testing.T) {
	for _, name := range []string{"util", "common", "manager", "process", "helper", "helpers"} {
		bites(t, Names(Source{goFile(t, "internal/base/"+name+"/a.go", "package "+name+"\n")}), "is called "+name)
	}
	bites(t, Names(Source{goFile(t, "internal/base/money/a.go", "package money\n")}), "")
}

func TestSizesBite(t *testing.T) {
	long := func(path string, lines int) Source {
		return Source{goFile(t, path, "package p\n"+strings.Repeat("\n", lines-1))}
	}
	bites(t, Sizes(long("functions/carts/main.go", 51)), "has 51 lines; at most 50")
	bites(t, Sizes(long("functions/carts/main.go", 50)), "")
	bites(t, Sizes(long("internal/store/a_test.go", 401)), "has 401 lines; at most 400")
	bites(t, Sizes(long("internal/store/a.go", 400)), "")
}
