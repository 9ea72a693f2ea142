package verifier_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/vc"
)

func TestCircumstancesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for raw, paths := range map[string]string{
		`[]`:                               "/circumstances",
		`{"weather": "rain"}`:              "/circumstances/weather",
		`{"time": "2026-01-01T00:00:00Z"}`: "/circumstances/time",

		`{"function": "medical"}`:                               "/circumstances/function /circumstances/function/value",
		`{"function": {}}`:                                      "/circumstances/function/value",
		`{"function": {"value": ""}}`:                           "/circumstances/function/value",
		`{"function": {"value": ["medical"]}}`:                  "/circumstances/function/value",
		`{"function": {"value": "x", "uri": "y"}}`:              "/circumstances/function/uri",
		`{"function": {"value": "x", "source": "attested"}}`:    "/circumstances/function/source",
		`{"agent": {}}`:                                         "/circumstances/agent",
		`{"agent": {"source": "device"}}`:                       "/circumstances/agent",
		`{"agent": {"software": null}}`:                         "/circumstances/agent /circumstances/agent/software",
		`{"agent": {"software": "x", "version": 1}}`:            "/circumstances/agent/version",
		`{"counterparty": {}}`:                                  "/circumstances/counterparty",
		`{"counterparty": {"types": []}}`:                       "/circumstances/counterparty/types",
		`{"counterparty": {"types": ["a", "a"]}}`:               "/circumstances/counterparty/types/1",
		`{"counterparty": {"id": 1, "types": [""]}}`:            "/circumstances/counterparty/id /circumstances/counterparty/types/0",
		`{"attributesRequested": []}`:                           "/circumstances/attributesRequested",
		`{"attributesRequested": "birthDate"}`:                  "/circumstances/attributesRequested",
		`{"attributesRequested": ["a", 1]}`:                     "/circumstances/attributesRequested/1",
		`{"biometrics": {}}`:                                    "/circumstances/biometrics",
		`{"biometrics": []}`:                                    "/circumstances/biometrics",
		`{"biometrics": [{}]}`:                                  "/circumstances/biometrics/0/capturedAt /circumstances/biometrics/0/modality /circumstances/biometrics/0/party",
		`{"biometrics": [` + strings.Repeat(`{},`, 64) + `{}]}`: "/circumstances/biometrics",
		`{"biometrics": [{"party": "me", "modality": "face", "capturedAt": "2026-01-01T00:00:00Z"}]}`:                    "/circumstances/biometrics/0/party",
		`{"biometrics": [{"party": "proxied", "modality": "face", "capturedAt": "2026-01-01"}]}`:                         "/circumstances/biometrics/0/capturedAt",
		`{"biometrics": [{"party": "proxied", "modality": "face", "capturedAt": "2026-01-01T00:00:00Z", "score": 0.9}]}`: "/circumstances/biometrics/0/score",

		`{"place": {"lat": 90.0000001, "lon": 0}}`:          "/circumstances/place /circumstances/place/lat",
		`{"place": {"lat": 0, "lon": 180.0000001}}`:         "/circumstances/place /circumstances/place/lon",
		`{"place": {"lat": 0}}`:                             "/circumstances/place",
		`{"place": {"lat": 0, "lon": 0, "accuracyM": -1}}`:  "/circumstances/place/accuracyM",
		`{"place": {"lat": 0, "lon": 0, "accuracyM": "1"}}`: "/circumstances/place/accuracyM",
	} {
		if got := wrong(t, raw); !slices.Equal(got, wanted(paths)) {
			t.Errorf("%.120s: got faults at %q, want %q", raw, got, paths)
		}
	}
}

func wanted(paths string) []string {
	var out []string
	for _, p := range strings.Fields(paths) {
		if len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	return out
}

// wrong are the paths at which circumstances have faults, each once.
func wrong(t *testing.T, raw string) []string {
	t.Helper()
	tree, err := vc.ParseJSON([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	_, err = verifier.ReadCircumstances(tree)
	invalid, ok := errors.AsType[*verifier.Invalid](err)
	if !ok {
		t.Errorf("%s: got %v, want it refused", raw, err)
		return nil
	}
	var paths []string
	for _, f := range invalid.Faults {
		paths = append(paths, f.Path)
	}
	return slices.Compact(paths)
}

func TestCircumstancesAreKeptAsGiven(t *testing.T) {
	t.Parallel()
	const raw = `{
		"place": {"lat": -90, "lon": 180, "accuracyM": 0, "codes": ["TD"]},
		"jurisdiction": {"value": "TD"},
		"function": {"value": "medical", "source": "device"},
		"agent": {"device": "urn:uuid:1"},
		"counterparty": {"id": "did:example:bank", "types": ["bank"]},
		"attributesRequested": ["birthDate"],
		"biometrics": [{"party": "did:example:kin", "modality": "face", "capturedAt": "2026-01-01T00:00:00Z"}]
	}`
	tree, err := vc.ParseJSON([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := verifier.ReadCircumstances(tree)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if json.Unmarshal(kept, &got) != nil || json.Unmarshal([]byte(raw), &want) != nil {
		t.Fatal("no JSON")
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("got %s, want %s", a, b)
	}
}
