package main

import (
	"encoding/json"
	"fmt"

	"turnup/internal/api/reference"
)

func main() {
	b, _ := json.MarshalIndent(reference.Document().OpenAPI(), "", " ")
	fmt.Println(string(b))
}
