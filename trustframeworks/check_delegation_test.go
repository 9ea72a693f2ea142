package trustframeworks_test

import (
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
)

// What a document says of chains names what the document defines.
func TestDelegationIsHeldAgainstTheDocument(t *testing.T) {
	t.Parallel()
	const chains = "issuers:\n  - {by: chain}\n"
	for name, c := range map[string]struct{ issuers, delegation, code, path string }{
		"sound":                       {chains, "{delegate: collect, appoints: {companion: [companion]}}", "", ""},
		"no chain without it":         {chains, "", trustframeworks.CodeReference, "/issuers/0/by"},
		"for nobody":                  {"issuers:\n", "{delegate: collect, appoints: {}}", trustframeworks.CodeReference, "/delegation"},
		"another permission":          {chains, "{delegate: fly, successor: collect, appoints: {}}", trustframeworks.CodeReference, "/delegation/delegate"},
		"no permission":               {chains, "{appoints: {}}", trustframeworks.CodeReference, "/delegation"},
		"a role that appoints":        {chains, "{delegate: collect, appoints: {king: [companion]}}", trustframeworks.CodeReference, "/delegation/appoints/king"},
		"a role that is appointed":    {chains, "{delegate: collect, appoints: {companion: [king]}}", trustframeworks.CodeReference, "/delegation/appoints/companion/0"},
		"a role that counts apart":    {chains, "{delegate: collect, appoints: {}, countsSeparately: [king]}", trustframeworks.CodeReference, "/delegation/countsSeparately/0"},
		"seventeen links":             {chains, "{delegate: collect, appoints: {}, maxDepth: 17}", trustframeworks.CodeSchema, "/delegation/maxDepth"},
		"one link":                    {chains, "{delegate: collect, appoints: {}, maxDepth: 1}", trustframeworks.CodeSchema, "/delegation/maxDepth"},
		"what nobody knows":           {chains, "{delegate: collect, appoints: {}, revocable: true}", trustframeworks.CodeSchema, "/delegation/revocable"},
		"without who appoints whom":   {chains, "{delegate: collect}", trustframeworks.CodeSchema, "/delegation"},
		"a role that appoints no one": {chains, "{delegate: collect, appoints: {companion: []}}", trustframeworks.CodeSchema, "/delegation/appoints/companion"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := strings.Replace(string(trustframeworks.New("Way home")), "issuers:\n", c.issuers, 1)
			if c.delegation != "" {
				raw = strings.Replace(raw, "credentialRules: narrow", "delegation: "+c.delegation+"\ncredentialRules: narrow", 1)
			}
			_, found := trustframeworks.Parse([]byte(raw))
			if c.code == "" && len(found) > 0 || c.code != "" && (len(found) != 1 || found[0].Code != c.code || found[0].Path != c.path) {
				t.Errorf("got %v, want %s at %s", found, c.code, c.path)
			}
		})
	}
}
