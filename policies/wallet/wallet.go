// Package wallet is the policy set that gates our own wallet: Rego as of any
// other set (package authz). A tenant's own may take its place.
package wallet

import (
	"embed"

	"github.com/procura-dev/procura/policies/authz"
)

//go:embed *.rego
var files embed.FS

// Set is the shipped one, its tests among its Rego.
func Set() authz.Set {
	set := authz.Set{Rego: map[string][]byte{}}
	for _, name := range []string{"authz.rego", "authz_test.rego"} {
		set.Rego[name] = read(name)
	}
	return set
}

func read(name string) []byte {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the files are part of the program
	}
	return raw
}
