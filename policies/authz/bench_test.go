package authz_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/procura-dev/procura/policies/authz"
)

// BenchmarkDecide is one question to the certification fixture, without a
// network: of another subject each time.
func BenchmarkDecide(b *testing.B) {
	files := authz.Example("certification")
	var data map[string]any
	if err := json.Unmarshal(files["data.json"], &data); err != nil {
		b.Fatal(err)
	}
	e, err := authz.New(b.Context(), authz.Set{Rego: map[string][]byte{"authz.rego": files["authz.rego"]}, Data: data})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		in := authz.Input{
			Subject: authz.Entity{Type: "user", ID: "alice", Properties: map[string]any{"n": strconv.Itoa(n)}}, Resource: authz.Entity{Type: "record", ID: "record-1"},
			Action: authz.Action{Name: "read"},
		}
		if answer, err := e.Decide(b.Context(), in); err != nil || !answer.Decision {
			b.Fatal(answer, err)
		}
	}
}
