package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/procura-dev/procura"

// mayImport is who may import whom, by folder: the longest row that fits a
// package counts, and it may import itself, what is below it, and its list.
// docs/architecture.md draws it.
var mayImport = map[string][]string{
	"cmd":                {"server", "verifier", "wallet", "trustframeworks", "policies"},
	"server":             {"verifier", "wallet", "trustframeworks", "policies"},
	"verifier":           {"trustframeworks", "policies"},
	"verifier/vc":        {},
	"verifier/chain":     {"verifier/vc"},
	"verifier/fetch":     {},
	"verifier/did":       {"verifier/vc", "verifier/fetch"},
	"verifier/pack":      {"verifier/vc"},
	"verifier/proof":     {"verifier/vc", "verifier/did"},
	"verifier/status":    {"verifier/vc", "verifier/did", "verifier/proof", "verifier/fetch"},
	"verifier/timestamp": {},
	"wallet":             {"verifier/vc", "verifier/did", "verifier/proof", "trustframeworks", "policies"},
	"wallet/arena":       {},
	"wallet/keys":        {"wallet/arena"},
	"wallet/kms":         {"wallet/keys", "wallet/contents", "verifier/vc", "verifier/did", "verifier/proof"},

	"wallet/lifecycle": {"verifier/vc"},
	"wallet/issuance":  {"verifier/vc", "verifier/did", "verifier/proof", "wallet/lifecycle"},
	"wallet/query":     {"verifier/vc", "verifier/did", "verifier/proof"},

	"wallet/session":         {"wallet/arena", "wallet/keys"},
	"wallet/session/channel": {"wallet/keys"},

	"trustframeworks": {"policies"},
	"policies":        {},
	"policies/sgl":    {},
	"policies/facts":  {"policies/sgl"},
}

// onlyIn says where a module of others may be imported.
var onlyIn = map[string][]string{
	"github.com/gin-gonic/gin":                  {"server"},
	"github.com/jackc/pgx":                      {"server/store/postgres"},
	"golang.org/x/sys/unix":                     {"wallet/arena"},
	"modernc.org/sqlite":                        {"server/store/sqlite"},
	"github.com/open-policy-agent/opa":          {"policies", "trustframeworks/compile", "trustframeworks/analyze"},
	"github.com/bytemare":                       {"wallet/session"},
	"github.com/fxamacker/cbor":                 {"wallet/keys", "wallet/session"},
	"github.com/hyperledger/aries-framework-go": {"verifier/did", "verifier/proof", "wallet/kms"},
	"github.com/digitorus":                      {"verifier/timestamp"},
	"github.com/piprate/json-gold":              {"verifier/proof", "trustframeworks/compile"},
	"github.com/santhosh-tekuri/jsonschema":     {"trustframeworks", "wallet/query"},
	"github.com/theory/jsonpath":                {"wallet/query"},
	"go.opentelemetry.io/otel":                  {"server"},
	"go.opentelemetry.io/otel/sdk":              {"server/tracing"},
	"go.opentelemetry.io/otel/exporters":        {"server/tracing"},
}

// A listed package is one as go list prints it.
type listed struct {
	ImportPath string
	Imports    []string
}

func TestImportsFollowTheTable(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range breaches(p) {
			t.Errorf("%s imports %s", p.ImportPath, wrong)
		}
	}
}

// The table must refuse what it is there to refuse.
func TestImportTableRefuses(t *testing.T) {
	t.Parallel()
	for _, p := range []listed{
		{module + "/policies", []string{module + "/verifier"}},
		{module + "/verifier/vc", []string{module + "/verifier"}},
		{module + "/verifier", []string{module + "/server"}},
		{module + "/trustframeworks", []string{module + "/verifier/vc"}},
		{module + "/wallet", []string{module + "/verifier"}},
		{module + "/verifier", []string{"github.com/gin-gonic/gin"}},
		{module + "/server/store/sqlite", []string{"github.com/jackc/pgx/v5/pgxpool"}},
		{module + "/server", []string{"github.com/open-policy-agent/opa/v1/rego"}},
		{module + "/verifier", []string{"go.opentelemetry.io/otel/trace"}},
		{module + "/server", []string{"go.opentelemetry.io/otel/sdk/trace"}},
		{module + "/elsewhere", []string{module + "/policies"}},
	} {
		if len(breaches(p)) == 0 {
			t.Errorf("%s may import %s", p.ImportPath, p.Imports[0])
		}
	}
}

// breaches are the imports of p that the tables do not allow.
func breaches(p listed) (out []string) {
	from := strings.TrimPrefix(p.ImportPath, module+"/")
	for _, path := range p.Imports {
		to, ours := strings.CutPrefix(path, module+"/")
		if ours && !allowed(from, to) || !ours && !allowedOutside(from, path) {
			out = append(out, path)
		}
	}
	return out
}

func allowed(from, to string) bool {
	row := ""
	for r := range mayImport {
		if below(from, r) && len(r) > len(row) {
			row = r
		}
	}
	if row == "" {
		return false
	}
	for _, r := range append(mayImport[row], row) {
		if below(to, r) {
			return true
		}
	}
	return false
}

func allowedOutside(from, path string) bool {
	for mod, folders := range onlyIn {
		if !below(path, mod) {
			continue
		}
		if !slices.ContainsFunc(folders, func(f string) bool { return below(from, f) }) {
			return false
		}
	}
	return true
}

// below reports whether path is folder or lies below it.
func below(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}
