package compile

import (
	"errors"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

func TestMove(t *testing.T) {
	t.Parallel()
	const source = `package procura.sgl

import data.procura.framework
import data.procura.constraint as limits

a := framework.name

b := data.procura.framework.variants[data.procura.framework.name].form

c(x) := limits.outcome(x, data.procura.sgl.a) if {
	every y in [z | some z in data.procura.framework.rules] {
		y == data.procura.sgl.a with input as data.procura.framework
	}
}
`
	module, err := parse("a.rego", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	m := mover{root: []string{"procura", "f", "00"}, packages: map[string]bool{"sgl": true, "constraint": true}}
	if err := m.move(module); err != nil {
		t.Fatal(err)
	}
	out, err := format.AstWithOpts(module, format.Opts{RegoVersion: ast.RegoV1})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(string(out), `procura.f["00"]`, "ROOT")
	want := strings.NewReplacer("procura.framework", "ROOT.framework", "procura.sgl", "ROOT.lib.sgl", "procura.constraint", "ROOT.lib.constraint").Replace(source)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMoveRefusesForeignData(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"a := data.other.x", "a := data.procura", "a := data.procura.authz.x", "a := data[input.x]", "a := data.procura[input.x].y",
		"a := data", "a if input.x with data.other as 1", "a := data.procura.f.x",
	} {
		module, err := parse("a.rego", []byte("package procura.sgl\n\n"+body+"\n"))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		m := mover{root: []string{"procura", "f", "00"}, packages: map[string]bool{"sgl": true}}
		if err := m.move(module); !errors.Is(err, errForeign) {
			t.Errorf("%s: got %v, want it refused", body, err)
		}
	}
}
