package facts

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const limited = `{"constraints": {
	"act": {"type": "function", "members": {"functions": ["function"]}},
	"agent": {"type": "agent", "members": {"software": ["software"], "devices": ["devices"], "attestation": ["attestation"]}},
	"consent": {"type": "biometric_consent", "members": {"modality": ["modality"], "maxAge": ["maxAge"], "party": ["party"]}},
	"data": {"type": "attributes", "members": {"attributes": ["attributes"]}},
	"dealings": {"type": "relationship", "members": {"ids": ["ids"], "types": ["types"]}},
	"hours": {"type": "recurring_time", "members": {"days": ["days"], "from": ["from"], "to": ["to"], "timeZone": ["timeZone"]}},
	"oversight": {"type": "oversight", "members": {"who": ["who"], "within": ["within"]}},
	"usage": {"type": "usage", "members": {"max": ["max"], "period": ["period"]}},
	"wrong": {"type": "usage", "members": {"max": ["most"], "period": ["every"], "per": ["per"]}}
}}`

// limit derives the only constraint of a credential at some instant.
func limit(t testing.TB, now, constraints string) Constraint {
	t.Helper()
	fw, err := ParseFramework([]byte(limited))
	if err != nil {
		t.Fatal(err)
	}
	in := question()
	in.Now = now
	c := &in.Presentations[0].Credentials[0]
	c.Holder.Constraints = nil
	if err := json.Unmarshal([]byte(constraints), &c.Holder.Constraints); err != nil {
		t.Fatal(err)
	}
	if err := Derive(in, fw); err != nil {
		t.Fatal(err)
	}
	if len(c.Derived.Constraints) != 1 {
		t.Fatalf("got %d constraints of %s", len(c.Derived.Constraints), constraints)
	}
	agrees(t, c.Derived.Constraints[0])
	return c.Derived.Constraints[0]
}

func TestLimits(t *testing.T) {
	t.Parallel()
	none := map[string]any{}
	for constraints, want := range map[string]map[string]any{
		`{"function": ["medical", "ｌｅｇａｌ", "https://example.org/f#ﬁ"]}`:  {"all": map[string]any{"medical": true, "legal": true, "https://example.org/f#ﬁ": true}, "some": none},
		`{"function": "medical, end  of\nlife"}`:                         {"all": map[string]any{"medical": true, "end of life": true}, "some": none},
		`{"function": "|en: medical, legal |fr: médical, legal"}`:        {"all": map[string]any{"legal": true}, "some": map[string]any{"medical": true, "médical": true}, "attested": true, "text": map[string]any{"en": "medical, legal", "fr": "médical, legal"}},
		`{"attributes": ["birthDate"]}`:                                  {"names": map[string]any{"birthDate": true}},
		`{"ids": "did:example:a", "types": ["bank"]}`:                    {"ids": map[string]any{"did:example:a": true}, "types": map[string]any{"bank": true}},
		`{"types": ["https://schema.org/Bank"]}`:                         {"types": map[string]any{"https://schema.org/Bank": true}},
		`{"software": "wallet", "attestation": true}`:                    {"software": map[string]any{"wallet": true}, "attestation": true},
		`{"devices": ["urn:uuid:1"], "attestation": false}`:              {"devices": map[string]any{"urn:uuid:1": true}, "attestation": false},
		`{"modality": ["face"], "maxAge": "PT10M"}`:                      {"modality": map[string]any{"face": true}, "maxAge": int64(600e9), "party": "proxied"},
		`{"modality": "face, iris", "maxAge": "P1W", "party": "holder"}`: {"modality": map[string]any{"face": true, "iris": true}, "maxAge": 7 * 24 * hour, "party": "holder"},
		`{"who": "|en: the court |fr: le tribunal"}`:                     {"text": map[string]any{"en": "the court", "fr": "le tribunal"}},
		`{"who": ["did:example:court", "a nurse"], "within": "P1D"}`:     {"text": "did:example:court, a nurse", "within": 24 * hour},
		`{"max": 3, "period": "P30D"}`:                                   {"max": int64(3), "period": 720 * hour},
		`{"max": 2147483647, "period": "PT0.5S"}`:                        {"max": int64(2147483647), "period": int64(5e8)},
	} {
		if c := limit(t, "2026-11-22T12:00:00Z", constraints); c.Problem != "" || !reflect.DeepEqual(c.Values, want) {
			t.Errorf("%s: got %v (%s), want %v", constraints, c.Values, c.Problem, want)
		}
	}
}

// What is not understood makes the credential malformed.
func TestLimitsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	huge, deep := `["`+strings.Repeat(`x","`, maxListed)+`x"]`, strings.Repeat("[", 900)+strings.Repeat("]", 900)
	lists := []string{`[]`, `[""]`, `["  "]`, `[1]`, `[null]`, `["a", ["b"]]`, `{}`, `{"en": 1}`, `""`, `" , "`, `7`, `true`, `null`, huge, deep,
		`["a\u202eb"]`, `["a\u200bb"]`, `["a\u0000b"]`, `["https：//example.org/"]`, `["a: b"]`}
	var all []string
	for _, list := range lists {
		all = append(all, `{"function": `+list+`}`, `{"attributes": `+list+`}`, `{"types": `+list+`}`, `{"software": `+list+`}`,
			`{"devices": `+list+`}`, `{"modality": `+list+`, "maxAge": "P1D"}`)
	}
	for _, list := range lists[:15] { // ids are compared byte for byte
		all = append(all, `{"ids": `+list+`}`)
	}
	for _, text := range []string{`""`, `" "`, `{}`, `{"en": ""}`, `{"e": "x"}`, `"|en: a|en: b"`, `[]`, `[1]`, `3`, `null`, `["a", ""]`} {
		all = append(all, `{"who": `+text+`}`)
	}
	for _, duration := range []string{`"P1Y"`, `"P1M"`, `"P"`, `"PT"`, `"P1DT"`, `"PT0S"`, `"P0D"`, `"-P1D"`, `"+P1D"`, `"P-1D"`, `"P1.5D"`, `"PT1,5S"`, `"p1d"`, `"P1D "`, `"P１D"`,
		`"P1W1D"`, `"P1DT25"`, `"PT1S1M"`, `"P99999999999D"`, `"P9223372036854775807W"`, `"P0001-00-00T00:00:00"`, `"1 day"`, `""`, `5`, `null`, `["P1D"]`, `{"en": "P1D"}`} {
		all = append(all, `{"modality": "face", "maxAge": `+duration+`}`, `{"who": "court", "within": `+duration+`}`, `{"max": 1, "period": `+duration+`}`)
	}
	for _, number := range []string{`0`, `-1`, `1.5`, `2147483648`, `1e300`, `"1"`, `null`, `true`, `[1]`} {
		all = append(all, `{"max": `+number+`, "period": "P1D"}`)
	}
	all = append(all, `{"max": 1}`, `{"period": "P1D"}`, `{"within": "P1D"}`, `{"modality": "face"}`, `{"maxAge": "P1D"}`, `{"attestation": true}`,
		`{"software": "x", "attestation": "true"}`, `{"software": "x", "attestation": null}`,
		`{"modality": "face", "maxAge": "P1D", "party": "me"}`, `{"modality": "face", "maxAge": "P1D", "party": null}`,
		`{"modality": "|en: face", "maxAge": "P1D"}`, `{"types": "|en: bank"}`, `{"attributes": {"en": "a"}}`,
		`{"most": 1, "every": "P1D", "per": "holder"}`)
	for _, constraints := range all {
		if c := limit(t, "2026-11-22T12:00:00Z", constraints); c.Problem == "" || c.Values != nil {
			t.Errorf("%.200s: got %v, want a problem", constraints, c.Values)
		}
	}
}

func TestHours(t *testing.T) {
	t.Parallel()
	const days = `{"Monday": true, "Sunday": true}`
	for constraints, want := range map[string]string{
		`{"days": ["MO", "sunday"], "from": "09:00", "to": "17:30:05"}`:                         `{"days": ` + days + `, "from": 32400000000000, "to": 63005000000000}`,
		`{"days": "mon,SuN", "from": "22:00", "to": "06:00"}`:                                   `{"days": ` + days + `, "from": 79200000000000, "to": 21600000000000}`,
		`{"days": ["Monday", "MO", "su"]}`:                                                      `{"days": ` + days + `, "from": 0, "to": 86400000000000}`,
		`{"days": ["Monday", "Sun"], "from": "00:00", "to": "24:00"}`:                           `{"days": ` + days + `, "from": 0, "to": 86400000000000}`,
		`{"days": ["Monday", "Sun"], "from": "23:59:59", "to": "00:00", "timeZone": "Etc/UTC"}`: `{"days": ` + days + `, "from": 86399000000000, "to": 0}`,
	} {
		c := limit(t, "2026-11-22T12:00:00Z", constraints)
		delete(c.Values, "local")
		got, err := json.Marshal(c.Values)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(decoded(t, got)) != fmt.Sprint(decoded(t, []byte(want))) {
			t.Errorf("%s: got %s (%s), want %s", constraints, got, c.Problem, want)
		}
	}
	if c := limit(t, "2026-11-22T12:00:00Z", `{"from": "09:00", "to": "17:00"}`); len(c.Values["days"].(map[string]any)) != 7 {
		t.Errorf("without days: got %v", c.Values)
	}
}

func decoded(t *testing.T, raw []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHoursThatCannotBeRead(t *testing.T) {
	t.Parallel()
	var all []string
	for _, days := range []string{`[]`, `""`, `"M"`, `["Mo", "Mond"]`, `["montag"]`, `["lundi"]`, `["1"]`, `[1]`, `"Mon-Fri"`, `["MO TU"]`, `["ＭＯ"]`, `["Mon."]`, `["weekdays"]`, `"*"`, `null`, `{}`, `{"en": "MO"}`, `"|en: MO"`, `["1MO"]`, `["ſu"]`} {
		all = append(all, `{"days": `+days+`, "from": "09:00", "to": "17:00"}`)
	}
	for _, hour := range []string{`"24:00"`, `"24:01"`, `"9:00"`, `"09:60"`, `"25:00"`, `"0900"`, `"09"`, `"09:00Z"`, `"09:00+01:00"`, `"09:00:00.5"`, `"09:00:60"`, `"T09:00"`, `"9 am"`, `" 09:00"`, `"０９:00"`, `9`, `null`, `""`, `["09:00"]`, `"-1:00"`} {
		all = append(all, `{"days": "MO", "from": `+hour+`, "to": "17:00"}`)
		if hour != `"24:00"` {
			all = append(all, `{"days": "MO", "from": "00:01", "to": `+hour+`}`)
		}
	}
	for _, zone := range []string{`"../../etc/passwd"`, `"/etc/localtime"`, `"Local"`, `"local"`, `""`, `"utc"`, `"europe/paris"`, `"Europe/paris"`, `"CEST"`, `"+02:00"`, `"Europe"`, `"Europe/"`, `"Europe/Paris/"`, `"Europe/Paris\u0000"`, `"Ｅurope/Paris"`, `null`, `1`, `["UTC"]`} {
		all = append(all, `{"days": "MO", "timeZone": `+zone+`}`)
	}
	all = append(all, `{"from": "09:00"}`, `{"to": "09:00"}`, `{"days": "MO", "from": "09:00"}`, `{"days": "MO", "to": "09:00"}`, `{"timeZone": "UTC"}`,
		`{"from": "09:00", "to": "09:00"}`, `{"from": "09:00", "to": "09:00:00"}`, `{"from": "00:00", "to": "00:00"}`)
	for _, constraints := range all {
		if c := limit(t, "2026-11-22T12:00:00Z", constraints); c.Problem == "" || c.Values != nil {
			t.Errorf("%s: got %v, want a problem", constraints, c.Values)
		}
	}
}

// What the wall shows is the zone's affair: the hour that is skipped, the one
// that comes twice, and the day that Samoa left out.
func TestWall(t *testing.T) {
	t.Parallel()
	const never = 0
	for _, tt := range []struct {
		name, now, zone string
		day, before     string
		time            int64
		changes         int64
	}{
		{"UTC", "2026-11-22T12:00:00.000000001Z", "UTC", "Sunday", "Saturday", 12*hour + 1, never},
		{"another day there", "2026-11-22T12:00:00Z", "Pacific/Kiritimati", "Monday", "Sunday", 2 * hour, never},
		{"before the skipped hour", "2026-03-29T00:59:59Z", "Europe/Paris", "Sunday", "Saturday", 2*hour - 1e9, 1774746000e9},
		{"after the skipped hour", "2026-03-29T01:00:00Z", "Europe/Paris", "Sunday", "Saturday", 3 * hour, 1792890000e9},
		{"the hour that comes twice, first", "2026-10-25T00:30:00Z", "Europe/Paris", "Sunday", "Saturday", 2*hour + hour/2, 1792890000e9},
		{"the hour that comes twice, second", "2026-10-25T01:30:00Z", "Europe/Paris", "Sunday", "Saturday", 2*hour + hour/2, 1806195600e9},
		{"beyond the table, by the rule", "2099-07-01T12:00:00Z", "Europe/Paris", "Wednesday", "Tuesday", 14 * hour, 4096573200e9},
		{"after the day that never was", "2011-12-30T10:00:00Z", "Pacific/Apia", "Saturday", "Thursday", 0, 1333202400e9},
		{"before it", "2011-12-30T09:59:59Z", "Pacific/Apia", "Thursday", "Wednesday", 24*hour - 1e9, 1325239200e9},
		{"the last day of a leap year", "2028-12-31T12:00:00Z", "Europe/Paris", "Sunday", "Saturday", 13 * hour, 1869094800e9},
		{"the first of the year after it", "2028-12-31T23:00:00Z", "Europe/Paris", "Monday", "Sunday", 0, 1869094800e9},
		{"a midnight that is skipped", "2021-03-21T20:30:00Z", "Asia/Tehran", "Monday", "Sunday", hour, 1632252600e9},
		{"a quarter of an hour", "2026-11-22T12:00:00Z", "Asia/Kathmandu", "Sunday", "Saturday", 17*hour + 3*hour/4, never},
	} {
		c := limit(t, tt.now, `{"days": "MO", "timeZone": "`+tt.zone+`"}`)
		want := map[string]any{"day": tt.day, "before": tt.before, "time": tt.time}
		if tt.changes != never {
			want["changes"] = tt.changes
		}
		if got := c.Values["local"]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v (%s), want %v", tt.name, got, c.Problem, want)
		}
	}
}

// Names in circumstances are brought to the same form; what is no name is none.
func TestStatedNames(t *testing.T) {
	t.Parallel()
	in := question()
	in.Presentations[0].Circumstances = Circumstances{
		Function:            &Function{Value: "ｍedical"},
		Agent:               &Agent{Software: "wallet\u200b", Device: "https://example.org/ﬁ"},
		Counterparty:        &Counterparty{Types: []string{"a  bank", "а\u202ebank"}},
		AttributesRequested: []string{"birthDate", "x:y z"},
		Biometrics:          []Capture{{Modality: "face", CapturedAt: "2026-11-22T12:00:00Z"}, {Modality: "face", CapturedAt: "now"}},
	}
	if err := Derive(in, campFramework(t)); err != nil {
		t.Fatal(err)
	}
	got, now := in.Presentations[0].Derived, in.Derived.Now
	want := &PresentationDerived{
		SignedAt: got.SignedAt, ReceivedAt: got.ReceivedAt, Function: "medical",
		Agent:             &AgentDerived{Devices: "https://example.org/ﬁ"},
		CounterpartyTypes: []string{"a bank", ""}, AttributesRequested: []string{"birthDate", ""},
		Biometrics: []CaptureDerived{{Modality: "face", CapturedAt: &now}, {Modality: "face"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
