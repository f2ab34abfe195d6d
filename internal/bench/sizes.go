package main

import (
	"fmt"
	"os"
	"slices"
)

// hello is the name of the smallest function among the programs.
const hello = "hello"

// size is how large a function's program is, in bytes.
type size struct {
	name  string
	bytes int64
}

// sizesOf lists the functions' programs, the largest last, and hello's size.
func sizesOf(folder string) (functions []size, smallest int64, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, 0, err
		}
		if e.Name() == hello {
			smallest = info.Size()
			continue
		}
		functions = append(functions, size{e.Name(), info.Size()})
	}
	if smallest == 0 || len(functions) == 0 {
		return nil, 0, fmt.Errorf("there are no programs in %s", folder)
	}
	slices.SortFunc(functions, func(a, b size) int { return int(a.bytes - b.bytes) })
	return functions, smallest, nil
}

// sizeFigures are P5.
func sizeFigures(functions []size, smallest int64) []figure {
	middle, largest := functions[len(functions)/2], functions[len(functions)-1]
	if len(functions)%2 == 0 {
		middle.bytes = (middle.bytes + functions[len(functions)/2-1].bytes) / 2
	}
	ratio := func(bytes int64) float64 { return float64(bytes) / float64(smallest) }
	of := func(bytes int64) string {
		return fmt.Sprintf("%.2f MB of %.2f MB", float64(bytes)/1e6, float64(smallest)/1e6)
	}
	return []figure{
		{name: "P5 size, median of the functions", value: ratio(middle.bytes), must: 1.7, stretch: 1.4, detail: of(middle.bytes)},
		{name: "P5 size, the largest: " + largest.name, value: ratio(largest.bytes), must: 2.5, stretch: 2.2, detail: of(largest.bytes)},
	}
}
