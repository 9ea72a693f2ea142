package compile_test

import (
	"encoding/json"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/trustframeworks"
)

// hostile is a document whose names and texts would be code if anybody pasted
// them: into Rego, JSON, a path, a comment, a format.
var hostile = strings.NewReplacer(
	`name: "Way home"`, `name: "\"} :=`+" `%s` "+`{{name}} $(id) <!-- ' ] := true #\\"`,
	`"Proxy.D/Way home/1.0.0/WayHome"`, `"Proxy.D/x/1.0.0/WayHome"`,
	"name: companion\n", `name: "x\"] := true # }"`+"\n",
	"roles: [companion]", `roles: ["x\"] := true # }"]`,
	"roles: companion", `roles: "x\"] := true # }"`,
	"name: collect\n", `name: "permit := true"`+"\n",
	"[collect]", `["permit := true"]`,
	"en: Take the child from school to its home.", `en: "line\nfeed\n}\npermit := true\ndefault permit := true\n# METADATA"`,
	"name: period\n", `name: "${jndi:x}\\\""`+"\n",
	"constraints: [period]", `constraints: ["${jndi:x}\\\""]`,
	"firstName: {type", `"a \"b\" {c} 50% =&+": {type`,
	"firstName: Mya", `"a \"b\" {c} 50% =&+": Mya`,
).Replace(string(trustframeworks.New("Way home")))

// ours are the rules that a framework's module has.
var ours = []string{"decision", "name", "version", "uri", "roles", "permissions", "rules", "requires", "constraints"}

func TestHostileNamesStayText(t *testing.T) {
	t.Parallel()
	f := compiled(t, []byte(hostile))
	own := f.Root + "/framework.rego"
	module, err := ast.ParseModuleWithOpts(own, string(f.Files[own]), ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		t.Fatalf("the framework's module does not parse: %v\n%s", err, f.Files[own])
	}
	for _, rule := range module.Rules {
		if name := string(rule.Head.Ref()[0].Value.(ast.Var)); !slices.Contains(ours, name) {
			t.Errorf("a text of the author's became the rule %q:\n%s", name, f.Files[own])
		}
	}
	if _, err := policies.NewEngine(t.Context(), f.Policy); err != nil {
		t.Errorf("the engine does not take it: %v", err)
	}
	var data struct{ Framework map[string]any }
	if err := json.Unmarshal(f.Files[f.Root+"/data.json"], &data); err != nil {
		t.Fatal(err)
	}
	if got := data.Framework["name"]; got != f.Document.Name {
		t.Errorf("the data has the name %q, want %q", got, f.Document.Name)
	}
	for name := range f.Files {
		if path.Clean(name) != name || strings.ContainsAny(name, "\"{}%$ \n") {
			t.Errorf("a name of the author's is in the path %q", name)
		}
	}
}

// TestModuleHoldsTheDocument: the constants of the framework's module, read
// back from its text, are the document's.
func TestModuleHoldsTheDocument(t *testing.T) {
	t.Parallel()
	f := compiled(t, []byte(hostile))
	own := f.Root + "/framework.rego"
	module, err := ast.ParseModuleWithOpts(own, string(f.Files[own]), ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"name":                       f.Document.Name,
		"permissions permit := true": f.Document.Permissions[0].Definition.In("en"),
		`roles x"] := true # }`:      f.Document.Roles[0].Definition.In("en"),
		"rules /rules/0":             map[string]any{"variants": []any{"WayHome"}, "rule": f.Document.Rules[0].Rule},
	}
	got := map[string]any{}
	for _, rule := range module.Rules {
		if value, err := ast.JSON(rule.Head.Value.Value); err == nil {
			got[key(rule.Head.Ref())] = value
		}
	}
	for name, value := range want {
		if !reflect.DeepEqual(got[name], value) {
			t.Errorf("%s is %#v, want %#v ", name, got[name], value)
		}
	}
}

// key names a constant by its rule and key; Ref.String escapes nothing.
func key(ref ast.Ref) string {
	parts := []string{string(ref[0].Value.(ast.Var))}
	for _, t := range ref[1:] {
		parts = append(parts, string(t.Value.(ast.String)))
	}
	return strings.Join(parts, " ")
}
