// Command generate writes the generated parts of the project's pages anew: `make docs`.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"turnup/internal/api/reference"
	"turnup/internal/check"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	root, err := check.Root()
	if err != nil {
		return err
	}
	pages, err := check.Pages(root, reference.Document().Operations())
	if err != nil {
		return err
	}
	for _, p := range pages {
		is, want, err := p.Fresh(root)
		if err != nil {
			return err
		}
		if is == want {
			continue
		}
		if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(p.Path)), []byte(want), 0o644); err != nil {
			return err
		}
		fmt.Println("wrote", p.Path)
	}
	return nil
}
