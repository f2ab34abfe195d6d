// Command generate writes the generated parts of the project's pages, and the documents that the API's reference serves, anew: `make docs`.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"turnup/internal/api/reference"
	"turnup/internal/api/reference/site"
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
	return documents(root)
}

// documents writes what the reference function serves, where it is not so already.
func documents(root string) error {
	made, err := reference.Made()
	if err != nil {
		return err
	}
	for path, want := range made {
		file := filepath.Join(root, filepath.FromSlash(path))
		if packed, err := os.ReadFile(file); err == nil {
			if is, err := site.Unpack(packed); err == nil && bytes.Equal(is, want) {
				continue
			}
		}
		packed, err := site.Pack(want)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, packed, 0o644); err != nil {
			return err
		}
		fmt.Println("wrote", path)
	}
	return nil
}
