package policies

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// reaching are the built-ins that a policy must not have: they reach network,
// environment, clock or randomness, or judge tokens and certificates, which is
// done before the policy and without its trust in what the message says.
var reaching = []string{
	"http.send", "opa.runtime", "net.", "rand.", "uuid.rfc4122", "time.now_ns",
	"io.jwt.", "crypto.x509.", "providers.", "trace", "print",
}

// capabilities are those of this OPA without the built-ins that reach out.
func capabilities() *ast.Capabilities {
	all := ast.CapabilitiesForThisVersion()
	all.Builtins = slices.DeleteFunc(slices.Clone(all.Builtins), func(b *ast.Builtin) bool {
		return slices.ContainsFunc(reaching, func(prefix string) bool { return strings.HasPrefix(b.Name, prefix) })
	})
	all.AllowNet = []string{}
	return all
}
