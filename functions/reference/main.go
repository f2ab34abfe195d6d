// The reference function: the OpenAPI document of the whole API and a page to browse it.
package main

import (
	"os"
	_ "time/tzdata"

	"turnup/internal/api/reference"
	"turnup/internal/base/clock"
	"turnup/internal/platform/logging"
	"turnup/internal/platform/rest"
)

func main() {
	logging.Setup(os.Stdout, "reference")
	rest.Start(reference.Serving(rest.Options{Clock: clock.System}))
}
