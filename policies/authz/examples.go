package authz

import (
	"embed"
	"io/fs"
	"path"
	"slices"
)

//go:embed certification guardian
var examples embed.FS

// Examples are the names of the policy sets that ship as examples, sorted.
func Examples() []string {
	var names []string
	entries, err := examples.ReadDir(".")
	if err != nil {
		panic(err) // the files are part of the program
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names
}

// Example returns the files of an example, by name; none of one that there is
// not. The caller may keep and change the map.
func Example(name string) map[string][]byte {
	out := map[string][]byte{}
	entries, _ := examples.ReadDir(name) // none, where there is no such example
	for _, e := range entries {
		raw, err := fs.ReadFile(examples, path.Join(name, e.Name()))
		if err != nil {
			panic(err) // the files are part of the program
		}
		out[e.Name()] = raw
	}
	return out
}
