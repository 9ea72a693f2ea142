package compile_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/piprate/json-gold/ld"
	didgo "github.com/trustbloc/did-go/doc/ld/context/embed"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

const (
	modelV1   = "https://www.w3.org/2018/credentials/v1"
	modelV2   = "https://www.w3.org/ns/credentials/v2"
	reference = "https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control"
)

// contexts loads what a credential of the framework names, and nothing else.
type contexts map[string]any

func contextsOf(t *testing.T, f *compile.Framework) contexts {
	t.Helper()
	terms := map[string]any{"@version": 1.1, "@protected": true}
	for _, name := range []string{"trustFrameworkURI", "auditURI", "appealURI"} {
		terms[name] = reference + "#" + name
	}
	all := contexts{reference: map[string]any{"@context": terms}}
	all[f.Document.Context()] = decoded(t, f.Context)
	for _, d := range didgo.Contexts {
		if d.URL == modelV1 || d.URL == modelV2 {
			all[d.URL] = decoded(t, d.Content)
		}
	}
	return all
}

func (c contexts) LoadDocument(url string) (*ld.RemoteDocument, error) {
	if c[url] == nil {
		return nil, errors.New("no context " + url)
	}
	return &ld.RemoteDocument{DocumentURL: url, Document: c[url]}, nil
}

func decoded(t *testing.T, raw []byte) (tree map[string]any) {
	t.Helper()
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// expanded expands a variant's example as an RDF proof would cover it.
func expanded(t *testing.T, f *compile.Framework, v *trustframeworks.Variant, model string) map[string]any {
	t.Helper()
	doc := decoded(t, f.Examples[v.Name])
	doc["@context"] = []any{model, reference, f.Document.Context()}
	delete(doc, "credentialStatus") // of one model only, and of neither side
	doc["type"] = []any{"VerifiableCredential", compile.TypeIRI(f.Document, v)}
	if model == modelV2 {
		doc["validFrom"], doc["validUntil"] = doc["issuanceDate"], doc["expirationDate"]
		delete(doc, "issuanceDate")
		delete(doc, "expirationDate")
	}
	options := ld.NewJsonLdOptions("")
	options.DocumentLoader = contextsOf(t, f)
	options.SafeMode = true
	list, err := ld.NewJsonLdProcessor().Expand(doc, options)
	if err != nil {
		t.Fatal(err)
	}
	return list[0].(map[string]any)
}

// only gives the one node that a predicate leads to.
func only(t *testing.T, node map[string]any, predicate string) map[string]any {
	t.Helper()
	list, _ := node[predicate].([]any)
	if len(list) != 1 {
		t.Fatalf("%s leads to %d nodes, want one, of %v", predicate, len(list), node)
	}
	return list[0].(map[string]any)
}

// TestEveryMemberHasItsIRI: under both models every member of holder and
// proxied is a statement about its own side, whatever its name means to the VC
// contexts.
func TestEveryMemberHasItsIRI(t *testing.T) {
	t.Parallel()
	names := []string{
		"name", "description", "issuer", "issuanceDate", "validFrom", "verifiableCredential", "credentialSubject",
		"proof", "termsOfUse", "VerifiableCredential", "Ünïcode", "a b", "50%", "#x", "a=b&c", `"quoted"`, "{x}", "constructor", "__proto__",
	}
	var members strings.Builder
	for _, name := range names {
		quoted, _ := json.Marshal(name)
		members.WriteString("          " + string(quoted) + ": {type: string}\n")
	}
	const first = "          firstName: {type"
	for _, side := range []string{"          name: {type", first} {
		source := string(trustframeworks.New("Way home"))
		i := strings.Index(source, side)
		extra := members.String()
		if side != first {
			extra = strings.Replace(extra, "          \"name\": {type: string}\n", "", 1)
		}
		f := compiled(t, []byte(source[:i]+extra+source[i:]))
		for _, model := range []string{modelV1, modelV2} {
			sidesHold(t, f, model)
		}
	}
}

func sidesHold(t *testing.T, f *compile.Framework, model string) {
	t.Helper()
	uri := f.Document.URI
	for i := range f.Document.Variants {
		v := &f.Document.Variants[i]
		node := expanded(t, f, v, model)
		if types := node["@type"].([]any); !slices.Contains(types, any(compile.TypeIRI(f.Document, v))) {
			t.Errorf("the types are %v, want %s among them", types, compile.TypeIRI(f.Document, v))
		}
		subject := only(t, node, "https://www.w3.org/2018/credentials#credentialSubject")
		if got := subject["@type"].([]any); len(got) != 1 || got[0] != uri+"#"+v.Name+"Subject" {
			t.Errorf("the subject has the types %v", got)
		}
		example := decoded(t, f.Examples[v.Name])["credentialSubject"].(map[string]any)
		for _, side := range []string{"holder", "proxied"} {
			party := only(t, subject, uri+"#"+side)
			want := []string{"@id", "@type"}
			for member := range example[side].(map[string]any) {
				if member != "id" && member != "type" {
					want = append(want, iriOf(uri, side, member))
				}
			}
			slices.Sort(want)
			if got := slices.Sorted(maps.Keys(party)); !slices.Equal(got, want) {
				t.Errorf("under %s the %s has\n%q, want\n%q", model, side, got, want)
			}
			if got := party["@type"].([]any); len(got) != 1 || !strings.Contains(got[0].(string), ":") {
				t.Errorf("the %s has the types %v, want one IRI", side, got)
			}
		}
	}
}

// iriOf spells the rule out once more: every byte but RFC 3986's unreserved
// and $&+=:@ is encoded.
func iriOf(uri, side, member string) string {
	var out strings.Builder
	for _, c := range []byte(member) {
		if 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~$&+=:@", c) >= 0 {
			out.WriteByte(c)
		} else {
			out.WriteString("%" + strings.ToUpper(hex(c>>4)+hex(c&15)))
		}
	}
	return uri + "#" + side + "-" + out.String()
}

func hex(c byte) string { return string("0123456789abcdef"[c]) }

// TestLibraryContexts does the same for the frameworks that ship.
func TestLibraryContexts(t *testing.T) {
	t.Parallel()
	for _, f := range libraryFrameworks(t) {
		for _, model := range []string{modelV1, modelV2} {
			sidesHold(t, f, model)
		}
	}
}

// TestNothingElseAtTheTop: the context's top defines subject types alone, and
// neither @vocab nor a prefix anywhere.
func TestNothingElseAtTheTop(t *testing.T) {
	t.Parallel()
	for _, f := range libraryFrameworks(t) {
		top := decoded(t, f.Context)["@context"].(map[string]any)
		for term := range top {
			if variant := strings.TrimSuffix(term, "Subject"); !strings.HasPrefix(term, "@") && f.Document.Variant(variant) == nil {
				t.Errorf("the context defines %q at its top", term)
			}
		}
		if text := string(f.Context); strings.Contains(text, "@vocab") || strings.Contains(text, "@prefix") || strings.Contains(text, "@base") {
			t.Errorf("the context has @vocab, @prefix or @base")
		}
	}
}

func TestVariantThatWouldBreakCredentials(t *testing.T) {
	t.Parallel()
	source := strings.ReplaceAll(string(trustframeworks.New("Way home")), "WayHome", "credential")
	doc, found := trustframeworks.Parse([]byte(source))
	if len(found) > 0 {
		t.Fatal(found)
	}
	if _, found := compile.Compile(doc); len(found) == 0 {
		t.Errorf("a variant named credential defines credentialSubject, and is not refused")
	}
}
