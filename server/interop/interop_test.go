// Package interop_test holds the verifier and the server against programs that
// we did not write: @digitalbazaar/vc, @sd-jwt/sd-jwt-vc, dcql, jsonld and jose
// (npm). `make tools` installs them from package-lock.json.
package interop_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// run gives a JavaScript program a request, and reads its answer. Without node
// or its packages the test is skipped by name; under CI=true it fails.
func run(t testing.TB, program string, request, answer any) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat("node_modules/.package-lock.json")
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("JavaScript programs cannot run: %v", err)
		}
		t.Skipf("SKIPPED, the JavaScript programs cannot run (make tools installs them): %v", err)
	}
	in, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	c := exec.CommandContext(t.Context(), node, program)
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &problems
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, problems.String())
	}
	if err := json.Unmarshal(out.Bytes(), answer); err != nil {
		t.Fatalf("%s answered %.200q: %v", program, out.String(), err)
	}
}

// camp is the framework that ships for guardianship in refugee camps.
func camp(t testing.TB) *compile.Framework {
	t.Helper()
	for _, source := range library.All() {
		doc, found := trustframeworks.Parse(source.Raw)
		if doc == nil || doc.Abbreviation != "RCG" {
			continue
		}
		f, more := compile.Compile(doc)
		if f == nil {
			t.Fatal(found, more)
		}
		return f
	}
	t.Fatal("the camp's framework does not ship")
	return nil
}

// local serves a framework's context, as a server does.
func local(f *compile.Framework) func(string) ([]byte, bool) {
	return func(url string) ([]byte, bool) { return f.Context, url == f.Document.Context() }
}

// contexts are those that npm packages do not publish.
func contexts(t testing.TB, f *compile.Framework) map[string]json.RawMessage {
	t.Helper()
	out := map[string]json.RawMessage{f.Document.Context(): f.Context}
	shipped, err := proof.ShippedContexts()
	if err != nil {
		t.Fatal(err)
	}
	for url, raw := range shipped {
		if strings.Contains(url, "aries-rfcs") || strings.Contains(url, "status-list") {
			out[url] = raw
		}
	}
	return out
}

// credential is the example of the camp's first variant, made out now by issuer
// to holder. Under an RDF proof its type is an absolute IRI.
func credential(t testing.TB, f *compile.Framework, model int, rdf bool, issuer, holder string) map[string]any {
	t.Helper()
	v := &f.Document.Variants[0]
	var doc map[string]any
	if err := json.Unmarshal(f.Examples[v.Name], &doc); err != nil {
		t.Fatal(err)
	}
	if rdf {
		doc["type"] = []any{"VerifiableCredential", compile.TypeIRI(f.Document, v)}
	}
	doc["issuer"] = issuer
	doc["credentialSubject"].(map[string]any)["holder"].(map[string]any)["id"] = holder
	from, until := "issuanceDate", "expirationDate"
	delete(doc, from)
	delete(doc, until)
	if model == 2 {
		from, until = "validFrom", "validUntil"
		doc["@context"].([]any)[0] = vc.ContextV2
	}
	now := time.Now().UTC().Truncate(time.Second)
	doc[from] = now.Add(-time.Minute).Format(time.RFC3339)
	doc[until] = now.Add(time.Hour).Format(time.RFC3339)
	return doc
}

// terms are what the framework says about the JSON-LD of that variant.
func terms(f *compile.Framework) proof.Terms {
	d := f.Document
	return proof.Terms{URI: d.URI, ContextURI: d.Context(), Variant: d.Variants[0].Name}
}
