// Print writes what is generated from the API's declarations: "openapi" the document, "postman" the collection; to
// the named file, or to standard output.
//
//	go run ./internal/api/reference/print openapi
//	go run ./internal/api/reference/print postman turnup.postman_collection.json
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"turnup/internal/api/reference"
	"turnup/internal/api/reference/postman"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "print:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	what, to := "", ""
	if len(args) > 0 {
		what = args[0]
	}
	if len(args) > 1 {
		to = args[1]
	}
	var v any
	switch what {
	case "openapi":
		v = reference.Document().OpenAPI()
	case "postman":
		v = postman.Generate(reference.Document())
	default:
		return fmt.Errorf("usage: print openapi|postman [file]")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	if to == "" {
		_, err := os.Stdout.Write(b.Bytes())
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o600)
}
