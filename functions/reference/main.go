// The reference function: the OpenAPI document of the whole API and a page to browse it.
package main

import (
	"os"

	"turnup/internal/api/reference/site"
	"turnup/internal/base/clock"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/rest"
)

func main() {
	logging.Setup(os.Stdout, "reference")
	api := rest.New(rest.Options{Clock: clock.System})
	site.Register(api)
	rest.Start(api)
}
