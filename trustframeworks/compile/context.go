package compile

import (
	"fmt"
	"strings"

	"github.com/procura-dev/procura/trustframeworks"
)

// context builds the JSON-LD context (semantics 3.6, rule 2). At the top it
// defines one type for each variant, and nothing else: holder and proxied are
// known inside that type, and their members inside each of the two.
func (f *Framework) context() ([]byte, error) {
	top := map[string]any{"@version": 1.1, "@protected": true}
	for i := range f.Document.Variants {
		v := &f.Document.Variants[i]
		term := v.Name + "Subject"
		// A context that defines this would break every credential.
		if term == "credentialSubject" {
			return nil, fmt.Errorf("a variant cannot have the name %q", v.Name)
		}
		top[term] = map[string]any{
			"@id": f.Document.URI + "#" + term,
			"@context": map[string]any{
				"@protected": true,
				"holder":     f.side("holder", &v.Holder, "constraints"),
				"proxied":    f.side("proxied", &v.Proxied, "permissions"),
			},
		}
	}
	return encode(map[string]any{"@context": top})
}

// Listed are the contexts that the document lists, as they are hosted, by a path
// that names their digest: who has only the bundle can verify what stands under them.
func (f *Framework) Listed() map[string][]byte {
	files := map[string][]byte{}
	for _, l := range f.Document.Contexts {
		raw, err := encode(l.Document)
		if err != nil {
			panic(err) // it was read from JSON
		}
		files["contexts/"+l.SHA256+".jsonld"] = raw
	}
	return files
}

// side defines holder or proxied, and within it its members and its type. A
// term is an object, never a bare IRI, which could serve as a prefix.
func (f *Framework) side(name string, p *trustframeworks.Party, json string) map[string]any {
	uri := f.Document.URI + "#" + name
	terms := map[string]any{"@protected": true}
	if properties, ok := p.Full()["properties"].(map[string]any); ok {
		for member := range properties {
			terms[member] = map[string]any{"@id": uri + "-" + segment(member)}
		}
	}
	// The VC context defines these two, as @id and @type.
	delete(terms, "id")
	delete(terms, "type")
	terms[json] = map[string]any{"@id": uri + "-" + json, "@type": "@json"}
	if name == "holder" {
		terms["rationaleURI"] = map[string]any{"@id": uri + "-rationaleURI", "@type": "@id"}
	}
	// A type that is an absolute IRI already needs no term.
	if !strings.Contains(p.Type, ":") {
		terms[p.Type] = map[string]any{"@id": f.Document.URI + "#" + segment(p.Type)}
	}
	return map[string]any{"@id": uri, "@context": terms}
}
