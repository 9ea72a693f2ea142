package trustframeworks_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// identity is a context that a framework can list.
const identity = `{"@context": {"@version": 1.1, "@protected": true,
	"firstName": {"@id": "https://people.example/terms#firstName"}, "lastName": "https://people.example/terms/lastName",
	"birthDate": {"@id": "https://people.example/terms#birthDate", "@type": "http://www.w3.org/2001/XMLSchema#date"},
	"home": {"@id": "https://people.example/terms#home", "@type": "@id"}, "name": "https://schema.org/name",
	"IdentityCredential": {"@id": "https://people.example/terms#IdentityCredential"}}}`

// listing is the skeleton with a context, under the digest that it has.
func listing(t *testing.T, uri, document string) string {
	t.Helper()
	l := &trustframeworks.ListedContext{URI: uri}
	if err := json.Unmarshal([]byte(document), &l.Document); err != nil {
		t.Fatal(err)
	}
	digest, err := l.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return skeleton + "\ncontexts:\n  - {uri: \"" + uri + "\", sha256: " + digest + ", document: " + strings.ReplaceAll(document, "\n\t", " ") + "}\n"
}

const identityURI = "https://people.example/identity/v1"

func TestContextsThatAreListed(t *testing.T) {
	t.Parallel()
	d, found := trustframeworks.Parse([]byte(listing(t, identityURI, identity)))
	if len(found) > 0 || len(d.Contexts) != 1 {
		t.Fatal(found)
	}
	terms, err := d.Contexts[0].Terms()
	want := []trustframeworks.Term{
		{Name: "IdentityCredential", IRI: "https://people.example/terms#IdentityCredential"},
		{Name: "birthDate", IRI: "https://people.example/terms#birthDate", Type: "http://www.w3.org/2001/XMLSchema#date"},
		{Name: "firstName", IRI: "https://people.example/terms#firstName"},
		{Name: "home", IRI: "https://people.example/terms#home", Type: "@id"},
		{Name: "lastName", IRI: "https://people.example/terms/lastName"}, {Name: "name", IRI: "https://schema.org/name"},
	}
	if err != nil || !slices.Equal(terms, want) {
		t.Errorf("got %+v, %v", terms, err)
	}
}

// What does more than give names to IRIs of its own is refused.
func TestContextsThatAreRefused(t *testing.T) {
	t.Parallel()
	const good = `"firstName": {"@id": "https://people.example/terms#firstName"}`
	term := func(definition string) string { return `{"@context": {"@protected": true, "x": ` + definition + `}}` }
	top := func(more string) string { return `{"@context": {"@protected": true, ` + more + `, ` + good + `}}` }
	for name, c := range map[string]struct{ code, uri, document string }{
		"not protected":                 {trustframeworks.CodeSchema, "", `{"@context": {` + good + `}}`},
		"protection taken back":         {trustframeworks.CodeSchema, "", `{"@context": {"@protected": false, ` + good + `}}`},
		"of JSON-LD 1.0":                {trustframeworks.CodeSchema, "", top(`"@version": 1.0`)},
		"a list":                        {trustframeworks.CodeSchema, "", `{"@context": [{"@protected": true, ` + good + `}]}`},
		"an address":                    {trustframeworks.CodeSchema, "", `{"@context": "https://people.example/other"}`},
		"with a member beside":          {trustframeworks.CodeSchema, "", `{"@context": {"@protected": true, ` + good + `}, "x": 1}`},
		"@vocab":                        {trustframeworks.CodeContext, "", top(`"@vocab": "https://people.example/terms#x"`)},
		"@base":                         {trustframeworks.CodeContext, "", top(`"@base": "https://people.example/terms"`)},
		"@language":                     {trustframeworks.CodeContext, "", top(`"@language": "en"`)},
		"@import":                       {trustframeworks.CodeContext, "", top(`"@import": "https://people.example/other"`)},
		"@propagate":                    {trustframeworks.CodeSchema, "", top(`"@propagate": false`)},
		"a prefix":                      {trustframeworks.CodeSchema, "", term(`{"@id": "https://people.example/terms#", "@prefix": true}`)},
		"what can be a prefix, of #":    {trustframeworks.CodeContext, "", term(`"https://people.example/terms#"`)},
		"what can be a prefix, of /":    {trustframeworks.CodeContext, "", term(`{"@id": "https://people.example/terms/"}`)},
		"a container":                   {trustframeworks.CodeSchema, "", term(`{"@id": "https://people.example/x", "@container": "@list"}`)},
		"a nested context":              {trustframeworks.CodeSchema, "", term(`{"@id": "https://people.example/x", "@context": {}}`)},
		"a reverse property":            {trustframeworks.CodeSchema, "", term(`{"@reverse": "https://people.example/x"}`)},
		"@nest":                         {trustframeworks.CodeContext, "", term(`"@nest"`)},
		"an alias of type":              {trustframeworks.CodeContext, "", term(`"@type"`)},
		"an alias of id":                {trustframeworks.CodeContext, "", term(`{"@id": "@id"}`)},
		"null":                          {trustframeworks.CodeSchema, "", term(`null`)},
		"@json":                         {trustframeworks.CodeContext, "", term(`{"@id": "https://people.example/x", "@type": "@json"}`)},
		"@vocab as a type":              {trustframeworks.CodeContext, "", term(`{"@id": "https://people.example/x", "@type": "@vocab"}`)},
		"@none as a type":               {trustframeworks.CodeContext, "", term(`{"@id": "https://people.example/x", "@type": "@none"}`)},
		"an empty type":                 {trustframeworks.CodeContext, "", term(`{"@id": "https://people.example/x", "@type": ""}`)},
		"a type of numbers":             {trustframeworks.CodeContext, "", term(`{"@id": "https://people.example/x", "@type": "http://www.w3.org/2001/XMLSchema#integer"}`)},
		"a type of booleans":            {trustframeworks.CodeContext, "", term(`{"@id": "https://people.example/x", "@type": "http://www.w3.org/2001/XMLSchema#boolean"}`)},
		"a type of texts as text":       {trustframeworks.CodeContext, "", term(`{"@id": "https://people.example/x", "@type": "http://www.w3.org/2001/XMLSchema#string"}`)},
		"a type that is none":           {trustframeworks.CodeContext, "", term(`{"@id": "https://people.example/x", "@type": "date"}`)},
		"an IRI by a prefix":            {trustframeworks.CodeContext, "", term(`{"@id": "schema:x"}`)},
		"an IRI without a host":         {trustframeworks.CodeContext, "", term(`"urn:x:y"`)},
		"a relative IRI":                {trustframeworks.CodeContext, "", term(`"x"`)},
		"an IRI with a space":           {trustframeworks.CodeContext, "", term(`"https://people.example/a b"`)},
		"two names of one IRI":          {trustframeworks.CodeTaken, "", top(`"given": "https://people.example/terms#firstName"`)},
		"a name with a colon":           {trustframeworks.CodeContext, "", top(`"https://people.example/a": "https://people.example/b"`)},
		"a name with a dot":             {trustframeworks.CodeContext, "", top(`"a.b": "https://people.example/b"`)},
		"a name of nothing":             {trustframeworks.CodeContext, "", top(`"": "https://people.example/b"`)},
		"a term of the data model":      {trustframeworks.CodeTaken, "", top(`"expirationDate": "https://people.example/b"`)},
		"a term of a proof":             {trustframeworks.CodeTaken, "", top(`"domain": "https://people.example/b"`)},
		"id":                            {trustframeworks.CodeTaken, "", top(`"id": "https://people.example/b"`)},
		"a term of RFC 0103":            {trustframeworks.CodeTaken, "", top(`"trustFrameworkURI": "https://people.example/b"`)},
		"a member of proxies":           {trustframeworks.CodeTaken, "", top(`"permissions": "https://people.example/b"`)},
		"a name of proxies":             {trustframeworks.CodeTaken, "", top(`"proxied": "https://people.example/b"`)},
		"a term of the framework":       {trustframeworks.CodeTaken, "", top(`"WayHomeSubject": "https://people.example/b"`)},
		"a name that means another":     {trustframeworks.CodeTaken, "", top(`"name": "https://people.example/b"`)},
		"a name that is typed":          {trustframeworks.CodeTaken, "", top(`"name": {"@id": "https://schema.org/name", "@type": "@id"}`)},
		"an IRI of the data model":      {trustframeworks.CodeContext, "", term(`"https://www.w3.org/2018/credentials#expirationDate"`)},
		"an IRI of RDF":                 {trustframeworks.CodeContext, "", term(`"http://www.w3.org/1999/02/22-rdf-syntax-ns#type"`)},
		"an IRI of status lists":        {trustframeworks.CodeContext, "", term(`"https://www.w3.org/ns/credentials/status#statusPurpose"`)},
		"an IRI of the framework":       {trustframeworks.CodeContext, "", term(`"https://example.org/frameworks/way-home#holder-role"`)},
		"a proxy type":                  {trustframeworks.CodeContext, "", term(`"https://people.example/f#Proxy.G/x/1.0.0/y"`)},
		"at an address of the models":   {trustframeworks.CodeTaken, vc.ContextV2, identity},
		"at an address of RFC 0103":     {trustframeworks.CodeTaken, "https://github.com/hyperledger/aries-rfcs/concepts/0103-indirect-identity-control", identity},
		"at the framework's":            {trustframeworks.CodeTaken, "https://example.org/frameworks/way-home", identity},
		"at the address of its context": {trustframeworks.CodeTaken, "https://example.org/frameworks/way-home/1.0.0/context.jsonld", identity},
		"at no https address":           {trustframeworks.CodeURI, "http://people.example/identity/v1", identity},
		"at an address with a query":    {trustframeworks.CodeURI, "https://people.example/identity?v=1", identity},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.uri == "" {
				c.uri = identityURI
			}
			_, found := trustframeworks.Parse([]byte(listing(t, c.uri, c.document)))
			if len(found) == 0 || slices.ContainsFunc(found, func(f trustframeworks.Finding) bool {
				return f.Code != c.code || !strings.HasPrefix(f.Path, "/contexts/0")
			}) {
				t.Errorf("got %v, want %s", found, c.code)
			}
		})
	}
}

// A context is the one of its digest, and stands once.
func TestContextsByDigest(t *testing.T) {
	t.Parallel()
	good := listing(t, identityURI, identity)
	changed := strings.Replace(good, "terms#firstName", "terms#lastName", 1)
	if _, found := trustframeworks.Parse([]byte(changed)); len(found) != 1 || found[0].Code != trustframeworks.CodeContextDigest || found[0].Path != "/contexts/0/sha256" {
		t.Errorf("changed: got %v", found)
	}
	reordered := strings.Replace(good, `"@version": 1.1, "@protected": true,`, `"@protected": true, "@version": 1.1,`, 1)
	if _, found := trustframeworks.Parse([]byte(reordered)); len(found) > 0 {
		t.Errorf("in another order: got %v", found)
	}
	twice := good + good[strings.LastIndex(good, "\n  - {")+1:]
	if _, found := trustframeworks.Parse([]byte(twice)); len(found) != 1 || found[0].Code != trustframeworks.CodeTaken || found[0].Path != "/contexts/1/uri" {
		t.Errorf("twice: got %v", found)
	}
}

// What no listed context may redefine is what the contexts that ship define.
func TestReservedTerms(t *testing.T) {
	t.Parallel()
	all, err := proof.ShippedContexts()
	if err != nil {
		t.Fatal(err)
	}
	for uri, raw := range all {
		var context map[string]any
		if err := json.Unmarshal(raw, &context); err != nil {
			t.Fatal(err)
		}
		for name := range termsOf(context["@context"]) {
			document := `{"@context": {"@protected": true, ` + quoted(name) + `: "https://people.example/x"}}`
			if _, found := trustframeworks.Parse([]byte(listing(t, identityURI, document))); len(found) == 0 {
				t.Errorf("%s: the term %q can be redefined", uri, name)
			}
		}
		if _, found := trustframeworks.Parse([]byte(listing(t, uri, identity))); len(found) == 0 {
			t.Errorf("%s can be replaced", uri)
		}
	}
}

func quoted(text string) string {
	raw, _ := json.Marshal(text)
	return string(raw)
}

// termsOf are all names in a context but keywords.
func termsOf(context any) map[string]bool {
	names := map[string]bool{}
	switch c := context.(type) {
	case map[string]any:
		for name, inner := range c {
			if !strings.HasPrefix(name, "@") {
				names[name] = true
			}
			maps.Copy(names, termsOf(inner))
		}
	case []any:
		for _, inner := range c {
			maps.Copy(names, termsOf(inner))
		}
	}
	return names
}

// What the page for authors shows can be published.
func TestContextOfThePageForAuthors(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/authors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\ncontexts:")
	shown, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page shows no contexts")
	}
	if _, found := trustframeworks.Parse([]byte(skeleton + "\ncontexts:" + shown)); len(found) > 0 {
		t.Error(found)
	}
}

// What a document could not hold gives no terms, wherever it comes from.
func TestContextsWithoutTerms(t *testing.T) {
	t.Parallel()
	for name, context := range map[string]map[string]any{
		"not protected":     {"x": "https://people.example/x"},
		"a term of more":    {"@protected": true, "x": map[string]any{"@id": "https://people.example/x", "@container": "@list"}},
		"a term of more so": {"@protected": true, "x": map[string]any{"@id": "https://people.example/x", "@type": "@id", "@container": "@list"}},
	} {
		l := trustframeworks.ListedContext{Document: map[string]any{"@context": context}}
		if terms, err := l.Terms(); err == nil {
			t.Errorf("%s: %+v", name, terms)
		}
	}
}
