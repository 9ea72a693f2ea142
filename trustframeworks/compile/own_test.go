package compile_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

// exclusion reads the sample with a constraint type of its own.
func exclusion(t *testing.T) (*trustframeworks.Document, []byte) {
	t.Helper()
	raw, err := os.ReadFile("../testdata/exclusion/framework.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rego, err := os.ReadFile("../testdata/exclusion/exclusion.rego")
	if err != nil {
		t.Fatal(err)
	}
	doc, found := trustframeworks.Parse(raw)
	if len(found) > 0 {
		t.Fatal(found)
	}
	return doc, rego
}

func TestOwnTypeIsPartOfTheBundle(t *testing.T) {
	t.Parallel()
	doc, rego := exclusion(t)
	f, found := compile.CompileWith(doc, map[string][]byte{"exclusion.rego": rego})
	if len(found) > 0 {
		t.Fatal(found)
	}
	if module := string(f.Files[f.Root+"/types/exclusion.rego"]); !strings.Contains(module, "package "+strings.ReplaceAll(f.Root, "/", ".")+".types.exclusion") {
		t.Errorf("the type's package is not below the root:\n%s", module)
	}
	again, _ := compile.CompileWith(doc, map[string][]byte{"exclusion.rego": rego})
	other, _ := compile.CompileWith(doc, map[string][]byte{"exclusion.rego": append(rego, "# changed\n"...)})
	if again.Digest != f.Digest || other.Digest == f.Digest {
		t.Error("the digest must be that of the files, the Rego among them")
	}
}

const outcome = "package procura.types.exclusion\n\noutcome(parameters, circumstances) := "

// doubling makes x1 to x40, each of two of the one before.
var doubling = func() (text string) {
	for i := range 40 {
		text += fmt.Sprintf("\tx%d := [x%d, x%d]\n", i+1, i, i)
	}
	return text
}()

func TestOwnTypesThatAreRefused(t *testing.T) {
	t.Parallel()
	doc, rego := exclusion(t)
	for name, c := range map[string]struct {
		file, rego string
		line       int
		want       string
	}{
		"input":               {"", outcome + `"holds" if input.now`, 3, "input is not"},
		"input as a name":     {"", outcome + "\"holds\" if {\n\tsome input in parameters\n\tinput\n}", 4, "input is not"},
		"other data":          {"", outcome + `"holds" if data.procura.challenge.decision`, 3, "data is not"},
		"own data":            {"", outcome + `"holds" if data.procura.types.exclusion.x`, 3, "data is not"},
		"all data":            {"", outcome + `"holds" if data[_]`, 3, "data is not"},
		"an import":           {"", "package procura.types.exclusion\n\nimport data.procura.sgl\n\noutcome(_, _) := sgl.x", 3, "imports"},
		"with":                {"", outcome + `"holds" if count(parameters) > 0 with input as 1`, 3, "with replaces"},
		"the network":         {"", outcome + `http.send({"method": "get", "url": "https://a.example"})`, 3, "undefined function http.send"},
		"the clock":           {"", outcome + `"holds" if time.now_ns() > 1`, 3, "undefined function time.now_ns"},
		"randomness":          {"", outcome + `"holds" if rand.intn("a", 2) == 1`, 3, "undefined function rand.intn"},
		"the environment":     {"", outcome + `"holds" if opa.runtime().env.HOME`, 3, "undefined function opa.runtime"},
		"tokens":              {"", outcome + `"holds" if io.jwt.decode(parameters.t)`, 3, "undefined function io.jwt.decode"},
		"certificates":        {"", outcome + `"holds" if crypto.x509.parse_certificates(parameters.t)`, 3, "undefined function crypto.x509"},
		"time zones of disks": {"", outcome + `"holds" if time.clock([1, "Europe/Rome"])`, 3, "undefined function time.clock"},
		"a range":             {"", outcome + `"holds" if numbers.range(1, 1000000000)`, 3, "undefined function numbers.range"},
		"a format":            {"", outcome + `"holds" if sprintf("%999999999d", [1])`, 3, "undefined function sprintf"},
		"a text put together": {"", outcome + `"holds" if $"{parameters.x}" == "a"`, 3, "template-strings are not supported"},
		"a replacement":       {"", outcome + `"holds" if replace(parameters.x, "", parameters.x)`, 3, "undefined function replace"},
		"printing":            {"", outcome + "\"holds\" if {\n\tprint(1)\n}", 4, "print"},
		"recursion":           {"", outcome + `f(parameters)` + "\n\nf(x) := f(x)", 0, "recursive"},
		"another package":     {"", "package procura.challenge\n\noutcome(_, _) := \"holds\"", 1, "the package must be"},
		"our package":         {"", "package procura.types\n\nexclusion.outcome(_, _) := \"holds\"", 1, "the package must be"},
		"no function":         {"", "package procura.types.exclusion\n\noutcome := \"holds\"", 1, "there must be a function"},
		"other arguments":     {"", "package procura.types.exclusion\n\noutcome(_) := \"holds\"", 1, "there must be a function"},
		"only a default":      {"", "package procura.types.exclusion\n\ndefault outcome(_, _) := \"holds\"", 1, "there must be a function"},
		"an entrypoint":       {"", "package procura.types.exclusion\n\n# METADATA\n# entrypoint: true\nx := 1\n\noutcome(_, _) := \"holds\"", 3, "metadata"},
		"no Rego":             {"", "hello", 1, "rego_parse_error"},
		"nothing":             {"", "", 1, "empty"},
		"an unsafe variable":  {"", outcome + `x`, 3, "rego_unsafe_var_error"},
		"a number beyond":     {"", outcome + `"holds" if parameters.x < 1e400`, 3, "beyond IEEE doubles"},
		"a computed pattern":  {"", outcome + `"holds" if regex.match(parameters.p, "x")`, 3, "must be written out"},
		"a pattern in a term": {"", outcome + `x if x := [regex.match(parameters.p, "x")]`, 3, "must be written out"},
		"a wide pattern":      {"", outcome + "\"holds\" if regex.match(`(a{1000}){1000}`, \"x\")", 3, "counts repetitions"},
		"a broken pattern":    {"", outcome + "\"holds\" if regex.match(`(`, \"x\")", 3, "the pattern"},
		"deep brackets":       {"", outcome + strings.Repeat("[", 4000) + strings.Repeat("]", 4000), 1, "nested more than"},
		"deep comprehensions": {"", outcome + strings.Repeat("[x | x := ", 20) + "1" + strings.Repeat("]", 20), 1, "nested more than"},
		"types that double":   {"", outcome + "\"holds\" if {\n\tx0 := [1]\n" + doubling + "\tx40 == x39\n}", 1, "made of others"},
		"a chain":             {"", outcome + "1" + strings.Repeat(" - 1", 3000), 3, "operators and calls"},
		"a chain of else":     {"", outcome + `"x" if false` + strings.Repeat(` else := "x" if false`, 500), 3, "else in one rule"},
		"many rules":          {"", outcome + `"x"` + strings.Repeat("\n\nx contains 1", 1000), 1, "rules"},
		"a built-in type":     {"boundary.rego", string(rego), 1, "every framework has"},
		"a type without use":  {"other.rego", strings.ReplaceAll(string(rego), "types.exclusion", "types.other"), 1, "no constraint of the document"},
		"a test":              {"exclusion_test.rego", string(rego), 1, "a type is named by"},
		"a name of a path":    {"../x.rego", string(rego), 1, "a type is named by"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.file == "" {
				c.file = "exclusion.rego"
			}
			_, found := compile.CompileWith(doc, map[string][]byte{"exclusion.rego": rego, c.file: []byte(c.rego)})
			for _, f := range found {
				if f.File == c.file && (c.line == 0 || f.Line == c.line) && strings.Contains(f.Message, c.want) {
					return
				}
			}
			t.Errorf("got %v, want one in %s at line %d: %s", found, c.file, c.line, c.want)
		})
	}
}

// A type that nothing defines, and one that attesters are to judge.
func TestOwnTypesOfTheDocument(t *testing.T) {
	t.Parallel()
	doc, rego := exclusion(t)
	if _, found := compile.CompileWith(doc, nil); len(found) != 1 || found[0].Code != trustframeworks.CodeUnsupported || found[0].Path != "/constraints/1/type" {
		t.Errorf("without its Rego: %v, want it refused at /constraints/1/type", found)
	}
	raw, err := os.ReadFile("../testdata/exclusion/framework.yaml")
	if err != nil {
		t.Fatal(err)
	}
	attested, found := trustframeworks.Parse([]byte(strings.Replace(string(raw), "[verifier, device]", "[attested]", 1)))
	if len(found) > 0 {
		t.Fatal(found)
	}
	if _, found := compile.CompileWith(attested, map[string][]byte{"exclusion.rego": rego}); len(found) != 1 || !strings.Contains(fmt.Sprint(found), "/constraints/1/sources") {
		t.Errorf("attested: %v, want it refused at /constraints/1/sources", found)
	}
}
