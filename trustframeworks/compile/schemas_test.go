package compile_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
)

func libraryFrameworks(t *testing.T) []*compile.Framework {
	t.Helper()
	var all []*compile.Framework
	for _, source := range library.All() {
		all = append(all, compiled(t, source.Raw))
	}
	return append(all, compiled(t, trustframeworks.New("Way home")), compiled(t, []byte(hostile)))
}

// TestExamplesAreValid: each example satisfies the published schema of its
// variant, whose references all lie within it, and our own check.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	for _, f := range libraryFrameworks(t) {
		for _, v := range f.Document.Variants {
			c := jsonschema.NewCompiler()
			c.AssertFormat = true
			id := f.Document.URI + "/" + f.Document.Version + "/schemas/" + v.Name
			if err := c.AddResource(id, bytes.NewReader(f.Schemas[v.Name].Credential)); err != nil {
				t.Fatal(err)
			}
			schema, err := c.Compile(id)
			if err != nil {
				t.Fatalf("%s: %v", v.Name, err)
			}
			example := decoded(t, f.Examples[v.Name])
			if err := schema.Validate(example); err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
			subject := example["credentialSubject"].(map[string]any)
			if err := f.ValidateHolder(v.Name, subject["holder"].(map[string]any)); err != nil {
				t.Errorf("%s: holder: %v", v.Name, err)
			}
			if err := f.ValidateProxied(v.Name, subject["proxied"].(map[string]any)); err != nil {
				t.Errorf("%s: proxied: %v", v.Name, err)
			}
			example["type"] = []any{"VerifiableCredential"}
			if schema.Validate(example) == nil {
				t.Errorf("%s: a credential without the proxy type is valid", v.Name)
			}
		}
	}
}

// An example's constraints hold for long: who issues it anew sets the dates of
// the credential, not theirs. Beyond 2262 an instant has no nanoseconds.
func TestExampleConstraintsLast(t *testing.T) {
	t.Parallel()
	ends := 0
	for _, f := range libraryFrameworks(t) {
		for _, v := range f.Document.Variants {
			holder := decoded(t, f.Examples[v.Name])["credentialSubject"].(map[string]any)["holder"].(map[string]any)
			constraints, _ := holder["constraints"].(map[string]any)
			if end, ok := constraints["endTime"].(string); ok {
				ends++
				if end < "2090" || end > "2262" {
					t.Errorf("%s: endTime is %s", v.Name, end)
				}
			}
		}
	}
	if ends == 0 {
		t.Error("no example has an endTime")
	}
}

func TestUnknownVariantIsInvalid(t *testing.T) {
	t.Parallel()
	f := compiled(t, trustframeworks.New("Way home"))
	if f.ValidateHolder("Other", map[string]any{}) == nil || f.ValidateProxied("Other", map[string]any{}) == nil {
		t.Errorf("a variant that the framework does not define is valid")
	}
}

// TestShape: statements that were read back get the lists of their schema.
func TestShape(t *testing.T) {
	t.Parallel()
	source := strings.Replace(string(trustframeworks.New("Way home")), "firstName: {type: string,", "firstName: {type: array, items: {type: string}, x: y}\n          nick: {type: string,", 1)
	source = strings.Replace(source, ", x: y}", "}", 1)
	f := compiled(t, []byte(source))
	got := f.ShapeProxied("WayHome", map[string]any{"firstName": "Mya", "nick": "M", "pupilNumber": "004217"})
	want := map[string]any{"firstName": []any{"Mya"}, "nick": "M", "pupilNumber": "004217"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got = f.ShapeProxied("WayHome", map[string]any{"firstName": []any{"Mya", "M"}})
	if want := (map[string]any{"firstName": []any{"Mya", "M"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestNoExampleIsAFinding: where no value can be guessed the author is asked
// for one.
func TestNoExampleIsAFinding(t *testing.T) {
	t.Parallel()
	source := strings.Replace(string(trustframeworks.New("Way home")), `, examples: ["004217"]`, "", 1)
	doc, found := trustframeworks.Parse([]byte(source))
	if len(found) > 0 {
		t.Fatal(found)
	}
	_, found = compile.Compile(doc)
	if len(found) != 1 || found[0].Code != trustframeworks.CodePartySchema || found[0].Path != "/variants/0/proxied/schema" || found[0].Line == 0 {
		t.Errorf("got %v, want one finding at the proxied schema", found)
	}
}
