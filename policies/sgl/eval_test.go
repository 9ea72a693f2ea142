package sgl_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/procura-dev/procura/policies/sgl"
)

// evalLines answers lines, one answer a line.
func evalLines(t testing.TB, in string) []string {
	t.Helper()
	var out bytes.Buffer
	if err := sgl.EvalLines(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

// short is the id and the outcome of an answer.
func short(t testing.TB, line string) string {
	t.Helper()
	var a struct {
		ID        json.RawMessage
		Satisfied *bool
		Error     *struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(line), &a); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	switch {
	case a.Error != nil && a.Satisfied == nil && a.Error.Message != "":
		return string(a.ID) + " " + a.Error.Code
	case *a.Satisfied:
		return string(a.ID) + " true"
	}
	return string(a.ID) + " false"
}

func TestEvalLines(t *testing.T) {
	t.Parallel()
	roles := func(n string) string { return `"when": {"roles": "p", "n": ` + n + `}}` }
	for _, c := range []struct{ name, line, want string }{
		{"met", `{"id": 1, "group": [{"id": "a", "roles": ["p"]}], ` + roles("1"), "1 true"},
		{"role is read as roles", `{"id": "x", "group": [{"id": "a", "role": "p"}], ` + roles("1"), `"x" true`},
		{"nobody", `{"id": 1, "group": [], ` + roles("1"), "1 false"},
		{"no id", `{"group": [], ` + roles("1"), "null false"},
		{"an id of any kind", `{"id": {"a": [1.50, "é\u00e9<"]}, "group": [], ` + roles("1"), `{"a":[1.50,"é\u00e9<"]} false`},
		{"a long number", `{"id": 12345678901234567890, "group": [], ` + roles("1"), "12345678901234567890 false"},
		{"disjoint by default", `{"id": 1, "group": [{"id": "a", "roles": ["p", "q"]}], "when": {"all": [{"roles": "p"}, {"roles": "q"}]}}`, "1 false"},
		{"shared", `{"id": 1, "group": [{"id": "a", "roles": ["p", "q"]}], "when": {"all": [{"roles": "p"}, {"roles": "q"}]}, "disjoint": false}`, "1 true"},
		{"disjoint null", `{"id": 1, "group": [], "disjoint": null, ` + roles("1"), "1 sgl.invalid"},
		{"disjoint text", `{"id": 1, "group": [], "disjoint": "false", ` + roles("1"), "1 sgl.invalid"},
		// principals
		{"equal ids are one", `{"id": 1, "group": [{"id": "a", "role": "p"}, {"id": "a", "role": "p"}], ` + roles("2"), "1 false"},
		{"their roles are united", `{"id": 1, "group": [{"id": "a", "role": "p"}, {"id": "a", "roles": ["q"]}], "when": {"roles": 2, "op": "="}}`, "1 true"},
		{"without id are one", `{"id": 1, "group": [{"role": "p"}, {"role": "p"}], ` + roles("2"), "1 false"},
		{"without id matches no id", `{"id": 1, "group": [{"role": "p"}], "when": {"id": "a", "op": "!="}}`, "1 false"},
		{"an id that is no string is none", `{"id": 1, "group": [{"id": 5, "role": "p"}, {"id": "", "role": "p"}], ` + roles("2"), "1 false"},
		{"two values are none", `{"id": 1, "group": [{"id": "a", "x": 1}, {"id": "a", "x": 2}, {"id": "a", "x": 1}], "when": {"x": 1}}`, "1 false"},
		{"the same value twice", `{"id": 1, "group": [{"id": "a", "x": [1, 2]}, {"id": "a", "x": [2, 1]}], "when": {"x": 1}}`, "1 true"},
		{"no value is absent", `{"id": 1, "group": [{"id": "a", "x": null, "y": [], "z": {}}], "when": {"x": 1, "op": "!="}}`, "1 false"},
		{"roles that are none", `{"id": 1, "group": [{"id": "a", "roles": ["p", 1]}], ` + roles("1"), "1 false"},
		{"role and roles", `{"id": 1, "group": [{"id": "a", "role": "p", "roles": ["p"]}], ` + roles("1"), "1 sgl.invalid"},
		{"a principal that is none", `{"id": 1, "group": ["a"], ` + roles("1"), "1 sgl.invalid"},
		{"a group that is none", `{"id": 1, "group": {"id": "a"}, ` + roles("1"), "1 sgl.invalid"},
		{"no group", `{"id": 1, ` + roles("1"), "1 sgl.invalid"},
		{"no condition", `{"id": 1, "group": []}`, "1 sgl.invalid"},
		{"a list too long", `{"id": 1, "group": [{"id": "a", "x": [` + strings.Repeat("1,", 256) + `1]}], ` + roles("1"), "1 sgl.too_large"},
		{"64 people", people(64) + roles("64"), "1 true"},
		{"65 people", people(65) + roles("1"), "1 sgl.too_large"},
		{"65 people and an invalid condition", people(65) + roles("0"), "1 sgl.invalid"},
		{"65 people and a complex condition", people(65) + `"when": {"any": [{"roles": "p"}, {"roles": "q"}], "n": 8192}}`, "1 sgl.too_large"},
		{"complex", people(1) + `"when": {"any": [{"roles": "p"}, {"roles": "q"}], "n": 8192}}`, "1 sgl.too_complex"},
		{"complex but shared", people(1) + `"disjoint": false, "when": {"any": [{"roles": "p"}, {"roles": "q"}], "n": 8192}}`, "1 false"},
		// JSON
		{"not JSON", `{"id": 1,`, "null sgl.invalid"},
		{"empty line", ``, "null sgl.invalid"},
		{"a list", `[{"id": 1}]`, "null sgl.invalid"},
		{"two values", `{"id": 1} {}`, "null sgl.invalid"},
		{"a comment", `{"id": 1} // a`, "null sgl.invalid"},
		{"a trailing comma", `{"id": 1, "group": [],}`, "null sgl.invalid"},
		{"single quotes", `{'id': 1}`, "null sgl.invalid"},
		{"a leading zero", `{"id": 01}`, "null sgl.invalid"},
		{"a bare fraction", `{"id": .5}`, "null sgl.invalid"},
		{"NaN", `{"id": NaN}`, "null sgl.invalid"},
		{"control character", "{\"id\": \"a\tb\"}", "null sgl.invalid"},
		{"bad escape", `{"id": "\x41"}`, "null sgl.invalid"},
		{"short escape", `{"id": "\u00"}`, "null sgl.invalid"},
		{"not UTF-8", "{\"id\": \"\xff\"}", "null sgl.invalid"},
		{"byte order mark", "\ufeff{\"id\": 1}", "null sgl.invalid"},
		{"id twice", `{"id": 1, "i\u0064": 1, "group": [], ` + roles("1"), "null sgl.invalid"},
		{"a member twice", `{"id": 1, "group": [], "when": {"roles": "p", "role\u0073": "q"}}`, "1 sgl.invalid"},
		{"a surrogate alone", `{"id": 1, "group": [], "when": {"roles": "\ud800"}}`, "1 sgl.invalid"},
		{"a surrogate before a letter", `{"id": 1, "group": [], "when": {"roles": "\ud800\u0041"}}`, "1 sgl.invalid"},
		{"a surrogate in the id", `{"id": "\udc00", "group": [], ` + roles("1"), "null sgl.invalid"},
		{"a pair of surrogates", `{"id": 1, "group": [{"id": "a", "role": "😀"}], "when": {"roles": "\ud83d\ude00"}}`, "1 true"},
		{"a number outside doubles", `{"id": 1, "group": [], "when": {"roles": "p", "n": 1e400}}`, "1 sgl.invalid"},
		{"nested beyond reading", `{"id": ` + strings.Repeat("[", 20000), "null sgl.invalid"},
		{"nested beyond the limit", `{"id": 1, "group": [], "when": ` + strings.Repeat(`{"all":[`, 20) + `{"id":"a"}` + strings.Repeat(`]}`, 20) + `}`, "1 sgl.too_large"},
		{"carriage return", `{"id": 1, "group": [], ` + roles("1") + "\r", "1 false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines := evalLines(t, c.line+"\n"+c.line+"\n")
			if len(lines) != 2 || lines[0] != lines[1] {
				t.Fatalf("got %q, want two equal answers", lines)
			}
			if got := short(t, lines[0]); got != c.want {
				t.Errorf("got %s, want %s: %s", got, c.want, lines[0])
			}
		})
	}
}

// people starts a line with so many different people in role p.
func people(n int) string {
	var b strings.Builder
	b.WriteString(`{"id": 1, "group": [`)
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(`{"id": "` + strconv.Itoa(i) + `", "role": "p"}`)
	}
	return b.String() + `], `
}

func TestEvalLongLines(t *testing.T) {
	t.Parallel()
	line := func(n int) string {
		head, tail := `{"id": 1, "group": [{"id": "a", "role": "p"}], "when": {"roles": "p"}, "note": "`, `"}`
		return head + strings.Repeat("x", n-len(head)-len(tail)) + tail
	}
	got := evalLines(t, line(sgl.MaxLine)+"\n"+line(sgl.MaxLine+1)+"\n"+line(3*sgl.MaxLine)+"\n"+line(200))
	want := []string{"1 true", "null sgl.too_large", "null sgl.too_large", "1 true"}
	for i, line := range got {
		if short(t, line) != want[i] {
			t.Errorf("line %d: got %s, want %s", i, line, want[i])
		}
	}
}

// TestEvalAnswersBeforeItWaits lets a program ask line by line.
func TestEvalAnswersBeforeItWaits(t *testing.T) {
	t.Parallel()
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- sgl.EvalLines(inRead, outWrite); outWrite.Close() }()
	answers := json.NewDecoder(outRead)
	for range 3 {
		if _, err := io.WriteString(inWrite, `{"id": 7, "group": [], "when": {"id": "a"}}`+"\n"); err != nil {
			t.Fatal(err)
		}
		var a map[string]any
		if err := answers.Decode(&a); err != nil || a["satisfied"] != false {
			t.Fatalf("got %v, %v, want an answer at once", a, err)
		}
	}
	inWrite.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestEvalReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	if err := sgl.EvalLines(iotest.ErrReader(broken), io.Discard); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

// TestReferenceDecisions has the decisions of the reference implementation on
// its own examples (evernym/sgl), with which semantics 4 agrees. The reference
// counts every principal without id as another one; sgl eval takes them for one,
// so each gets an id here that no rule asks for.
func TestReferenceDecisions(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "..", "shared", "conformance")
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED, NOT TESTED: %s is not here", folder)
	}
	raw, err := os.ReadFile(filepath.Join(folder, "sgl", "reference-decisions.json"))
	var cases []struct {
		Rule       map[string]any   `json:"rule"`
		Principals []map[string]any `json:"principals"`
		Satisfies  bool             `json:"satisfies"`
	}
	if err := errors.Join(err, json.Unmarshal(raw, &cases)); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	var in strings.Builder
	for i, c := range cases {
		for n, p := range c.Principals {
			if p["id"] == nil {
				p["id"] = "somebody " + strconv.Itoa(n)
			}
		}
		line, err := json.Marshal(map[string]any{"id": i, "group": c.Principals, "when": c.Rule["when"]})
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
		if sgl.Derive(c.Rule)["problem"] != nil {
			t.Errorf("rule %d is unusable: %v", i, c.Rule)
		}
	}
	for i, line := range evalLines(t, in.String()) {
		var got struct{ Satisfied *bool }
		if err := json.Unmarshal([]byte(line), &got); err != nil || got.Satisfied == nil || *got.Satisfied != cases[i].Satisfies {
			t.Errorf("case %d: got %s, want %v", i, line, cases[i].Satisfies)
		}
	}
	t.Logf("%d decisions", len(cases))
}
