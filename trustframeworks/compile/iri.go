package compile

import (
	"net/url"
	"strings"

	"github.com/procura-dev/procura/trustframeworks"
)

// reference is how RFC 0103 has a proxy credential name it in @context.
const reference = "https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control"

// segment percent-encodes a name as one path segment.
func segment(name string) string { return url.PathEscape(name) }

// TypeOf gives the type of a variant's credentials as JSON carries it:
// Proxy.G/Name/1.0.0/ChildGuardian (RFC 0103, "Proxy Credential").
func TypeOf(d *trustframeworks.Document, v *trustframeworks.Variant) string {
	return strings.Join([]string{"Proxy." + v.Form, d.Name, d.Version, v.Name}, "/")
}

// TypeIRI gives it as an RDF proof covers it (semantics 3.1).
func TypeIRI(d *trustframeworks.Document, v *trustframeworks.Variant) string {
	return d.URI + "#" + strings.Join([]string{"Proxy." + v.Form, segment(d.Name), d.Version, v.Name}, "/")
}
