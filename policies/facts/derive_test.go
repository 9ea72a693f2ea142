package facts

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/policies/sgl"
)

const camp = `{
	"constraints": {
		"boundary": {"type": "boundary", "members": {"codes": ["boundary", "boundaries"]}},
		"circumstances": {"type": "circumstance_text", "members": {"text": ["circumstances"]}, "sources": ["attested"]},
		"jurisdictions": {"type": "jurisdiction", "members": {"codes": ["jurisdictions"]}},
		"moon": {"type": "phase_of_moon", "members": {"phase": ["moon"]}},
		"radius": {"type": "geo_radius", "members": {"pointOfOrigin": ["pointOfOrigin", "point_of_origin"], "radiusKm": ["radiusKm", "radius_km"]}},
		"timing": {"type": "time_window", "members": {"startTime": ["startTime"], "endTime": ["endTime"], "timeZone": ["timeZone"]}},
		"trigger": {"type": "trigger", "members": {"text": ["trigger"]}},
		"wrong": {"type": "time_window", "members": {"begin": ["begin"]}}
	},
	"variants": {"Guardian": {"match": {"firstName": "caseless", "birthDate": "date"}}, "Plain": {}},
	"issuers": [{"variants": {"Guardian": true}, "by": "did", "did": "did:example:camp"}]
}`

func campFramework(t testing.TB) Framework {
	t.Helper()
	fw, err := ParseFramework([]byte(camp))
	if err != nil {
		t.Fatal(err)
	}
	return fw
}

// question is an input with one credential of the variant Guardian.
func question() *Input {
	return &Input{
		Now: "2026-11-22T12:00:00Z",
		Request: Request{
			Permissions: []string{"school", "ﬁle"},
			Proxied:     ProxiedRequest{Attributes: map[string]Comparable{"firstName": {Text: "MYA"}, "lastName": {SHA256: "ab"}}},
		},
		Presentations: []Presentation{{
			SignedAt: "2026-11-22T11:59:00.5Z", ReceivedAt: "2026-11-22T13:00:00+01:00",
			Circumstances: Circumstances{
				Place:        &Place{Codes: []string{"USA:TX:Houston"}, Source: "verifier"},
				Attestations: []Attestation{{IssuedAt: "2026-11-22T11:00:00Z"}},
			},
			Credentials: []Credential{{
				Variant: "Guardian", Issuer: "did:example:camp", ValidFrom: "2026-01-01T00:00:00Z",
				Holder: Holder{
					Roles:       []string{"parent", "ｐａｒｅｎｔ", "aunt"},
					Constraints: map[string]any{"endTime": "2027-01-01", "zeta": 1.0, "alpha": 2.0},
					Properties:  map[string]any{"years": 3.0, "ｒｏｌｅｓ": []any{"judge"}},
				},
				Proxied: Proxied{Rules: []any{"x"}, Attributes: map[string]any{"firstName": "Mya", "photo": []any{"x"}, "note": ""}},
			}},
		}},
	}
}

func TestDerive(t *testing.T) {
	t.Parallel()
	in := question()
	if err := Derive(in, campFramework(t)); err != nil {
		t.Fatal(err)
	}
	p := in.Presentations[0]
	c := p.Credentials[0].Derived
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"now", in.Derived.Now, int64(1795348800000000000)},
		{"time zones", in.Derived.TZ, TZVersion},
		{"permission names", in.Derived.Names, map[string]string{"school": "school", "ﬁle": "file"}},
		{"signedAt", *p.Derived.SignedAt, int64(1795348740500000000)},
		{"receivedAt in another zone", p.Derived.ReceivedAt, in.Derived.Now},
		{"place", p.Derived.PlaceLines, [][]string{{"US", "US-TX", "US-TX:HOUSTON"}}},
		{"attestation", *p.Circumstances.Attestations[0].Derived.IssuedAt, in.Derived.Now - 3600e9},
		{"validUntil is absent", c.ValidUntil, (*int64)(nil)},
		{"roles after NFKC, once", c.Roles, []string{"parent", "aunt"}},
		{"no property becomes a role", slices.Sorted(maps.Keys(c.Properties)), []string{"years"}},
		{"undefined constraint members", c.Undefined, []string{"alpha", "zeta"}},
		{"a caseless attribute agrees", c.Attributes["firstName"], c.Requested["firstName"]},
		{"a digest stands as given", c.Requested["lastName"], "ab"},
		{"lists and empty texts identify nobody", len(c.Attributes), 1},
		{"one rule, one derivation", len(c.Rules), 1},
		{"no problem", c.Problem, ""},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

// Rules of one whom no entry of issuers names are not read.
func TestRulesOfStrangersAreNotRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(c *Credential, r *Request)
		want   int
	}{
		"listed by DID":           {func(*Credential, *Request) {}, 1},
		"another DID":             {func(c *Credential, _ *Request) { c.Issuer = "did:example:x" }, 0},
		"another variant":         {func(c *Credential, _ *Request) { c.Variant = "Plain" }, 0},
		"listed in the registry":  {func(c *Credential, _ *Request) { c.Issuer, c.IssuerRegistries = "did:example:x", []string{"camps"} }, 1},
		"the one who is named":    {func(c *Credential, r *Request) { c.Issuer, c.Proxied.ID, r.Proxied.ID = "did:x", "did:x", "did:x" }, 1},
		"one who names himself":   {func(c *Credential, r *Request) { c.Issuer, c.Proxied.ID, r.Proxied.ID = "did:x", "did:x", "did:y" }, 0},
		"more rules than allowed": {func(c *Credential, _ *Request) { c.Proxied.Rules = make([]any, 1000) }, 65},
	} {
		in := question()
		fw := campFramework(t)
		fw.issuers = append(fw.issuers, issuer{Variants: map[string]bool{"Guardian": true}, By: "registry", Registry: "camps"}, issuer{Variants: map[string]bool{"Guardian": true}, By: "delegator"})
		tt.change(&in.Presentations[0].Credentials[0], &in.Request)
		if err := Derive(in, fw); err != nil {
			t.Fatal(err)
		}
		if got := len(in.Presentations[0].Credentials[0].Derived.Rules); got != tt.want {
			t.Errorf("%s: %d rules, want %d", name, got, tt.want)
		}
	}
}

func TestDeriveRefusesAnUnreadableClock(t *testing.T) {
	t.Parallel()
	for _, now := range []string{"", "now", "2026-11-22", "9999-12-31T23:59:59Z"} {
		in := question()
		in.Now = now
		if err := Derive(in, campFramework(t)); err == nil {
			t.Errorf("now %q: got no error", now)
		}
		if in.Derived != nil || in.Presentations[0].Credentials[0].Derived != nil {
			t.Errorf("now %q: something was derived", now)
		}
	}
}

func TestUnreadableDatesNeverReadAsAbsent(t *testing.T) {
	t.Parallel()
	for _, date := range []string{"soon", "2026-11-22", "9999-12-31T23:59:59Z", "2026-11-22T12:00:00,5Z"} {
		in := question()
		in.Presentations[0].ReceivedAt = date
		in.Presentations[0].Circumstances.Attestations[0].ExpiresAt = date
		in.Presentations[0].Credentials[0].ValidUntil = date
		if err := Derive(in, campFramework(t)); err != nil {
			t.Fatal(err)
		}
		p := in.Presentations[0]
		if p.Credentials[0].Derived.Problem == "" {
			t.Errorf("validUntil %q: got no problem", date)
		}
		if p.Derived.ReceivedAt != 0 {
			t.Errorf("receivedAt %q: got %d, want 0", date, p.Derived.ReceivedAt)
		}
		if p.Circumstances.Attestations[0].Derived.IssuedAt != nil {
			t.Errorf("expiresAt %q: the attestation still counts", date)
		}
	}
}

// What is derived depends on sources alone: not on what stood there, and not
// on a way through JSON.
func TestDeriveIsAFunctionOfItsSources(t *testing.T) {
	t.Parallel()
	in, fw := question(), campFramework(t)
	if err := Derive(in, fw); err != nil {
		t.Fatal(err)
	}
	recorded, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	in.Presentations[0].Credentials[0].Derived.Roles = []string{"judge"}
	if diff, err := Compare(recorded, in); err != nil || !slices.Equal(diff, []string{"/presentations/0/credentials/0/derived/roles"}) {
		t.Errorf("a changed fact: got %v, %v", diff, err)
	}
	var again Input
	if err := json.Unmarshal(recorded, &again); err != nil {
		t.Fatal(err)
	}
	for _, in := range []*Input{in, &again} {
		if err := Derive(in, fw); err != nil {
			t.Fatal(err)
		}
		if diff, err := Compare(recorded, in); err != nil || len(diff) > 0 {
			t.Errorf("derived again: got %v, %v, want no difference", diff, err)
		}
	}
}

func TestCompareSeesOneNanosecond(t *testing.T) {
	t.Parallel()
	in, fw := question(), campFramework(t)
	in.Presentations[0].Credentials[0].Holder.Constraints = map[string]any{"endTime": "2027-01-01T00:00:00.000000001Z", "point_of_origin": "@1,2", "radius_km": 1.5}
	if err := Derive(in, fw); err != nil {
		t.Fatal(err)
	}
	recorded, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, old, new string
		want           int
	}{
		{"one nanosecond", "1798761600000000001", "1798761600000000002", 1},
		{"another spelling of a number", `"radiusM":1500`, `"radiusM":1.5e3`, 0},
	} {
		changed := strings.ReplaceAll(string(recorded), tt.old, tt.new)
		if diff, err := Compare([]byte(changed), in); changed == string(recorded) || err != nil || len(diff) != tt.want {
			t.Errorf("%s: got %v, %v, want %d differences", tt.name, diff, err, tt.want)
		}
	}
}

func TestStripLeavesSources(t *testing.T) {
	t.Parallel()
	in := question()
	before, _ := json.Marshal(in)
	if err := Derive(in, campFramework(t)); err != nil {
		t.Fatal(err)
	}
	Strip(in)
	if after, _ := json.Marshal(in); string(after) != string(before) {
		t.Errorf("got %s, want %s", after, before)
	}
}

func TestParseFrameworkRefusesUnknownMatching(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{`, `{"variants": {"V": {"match": {"a": "phonetic"}}}}`, `{"constraints": []}`} {
		if _, err := ParseFramework([]byte(data)); err == nil {
			t.Errorf("%s: got no error", data)
		}
	}
}

// Our copy is the toolchain's, where the toolchain has the same version.
func TestTZVersionIsTheFileBesideIt(t *testing.T) {
	t.Parallel()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip(err)
	}
	lib := filepath.Join(strings.TrimSpace(string(root)), "lib", "time")
	script, err := os.ReadFile(filepath.Join(lib, "update.bash"))
	if err != nil || !strings.Contains(string(script), "DATA="+TZVersion+"\n") {
		t.Skip("this toolchain ships another version of the time zone database")
	}
	data, err := os.ReadFile(filepath.Join(lib, "zoneinfo.zip"))
	if err != nil {
		t.Skip(err)
	}
	if string(data) != string(zoneinfo) {
		t.Errorf("tz/zoneinfo.zip is not the toolchain's zoneinfo.zip of version %s", TZVersion)
	}
}

func BenchmarkDerive(b *testing.B) {
	in, fw := question(), campFramework(b)
	in.Presentations[0].Credentials[0].Holder.Constraints = map[string]any{
		"endTime": "2027-01-01", "point_of_origin": "@1,2", "radius_km": 1.5, "boundary": "USA:TX", "circumstances": "|en: While ill",
	}
	for b.Loop() {
		if err := Derive(in, fw); err != nil {
			b.Fatal(err)
		}
	}
}

// One decision reads a bounded number of alternatives, however many rules the
// credentials bring; a presentation cannot use up another's share.
func TestDearRulesAreBounded(t *testing.T) {
	t.Parallel()
	of := make([]any, 13)
	for i := range of {
		of[i] = map[string]any{"roles": fmt.Sprint("r", i)}
	}
	dear := map[string]any{"grant": "p", "when": map[string]any{"any": of, "n": 6.0}} // 1,716 alternatives
	cheap := map[string]any{"grant": "p", "when": map[string]any{"roles": "r"}}
	left := 2000
	got := deriveRules([]any{dear, dear, cheap}, &left)
	for i, want := range []any{nil, "sgl.too_large", nil} {
		if problem := got[i].(*sgl.Rule).Member("problem"); problem != want {
			t.Errorf("rule %d: %v, want %v", i, problem, want)
		}
	}
}
