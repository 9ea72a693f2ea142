// Package library holds the trust frameworks that ship with the program, as
// their authors would write them. It reads and checks nothing: package
// trustframeworks does.
package library

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// A Source is one document, and the name of its file without the ending.
type Source struct {
	Name string
	Raw  []byte
}

// All returns the documents in the order of their names.
func All() []Source {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(fmt.Sprintf("embedded library: %v", err)) // an embed.FS always has its root
	}
	var all []Source
	for _, e := range entries {
		raw, err := files.ReadFile(e.Name())
		if err != nil {
			panic(fmt.Sprintf("embedded library: %v", err))
		}
		all = append(all, Source{Name: strings.TrimSuffix(e.Name(), path.Ext(e.Name())), Raw: raw})
	}
	return all
}
