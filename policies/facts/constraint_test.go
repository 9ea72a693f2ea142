package facts

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

// constrained derives the constraints of one credential.
func constrained(t testing.TB, constraints string, place *Place) []Constraint {
	t.Helper()
	in := question()
	c := &in.Presentations[0].Credentials[0]
	c.Holder.Constraints = nil
	if err := json.Unmarshal([]byte(constraints), &c.Holder.Constraints); err != nil {
		t.Fatal(err)
	}
	in.Presentations[0].Circumstances.Place = place
	if err := Derive(in, campFramework(t)); err != nil {
		t.Fatal(err)
	}
	for _, derived := range c.Derived.Constraints {
		agrees(t, derived)
	}
	return c.Derived.Constraints
}

const hour = int64(3600e9)

func TestValues(t *testing.T) {
	t.Parallel()
	const july = int64(1561939200e9) // 2019-07-01T00:00:00Z
	all := map[string]any{}
	for _, tt := range []struct {
		name, constraints string
		want              map[string]any
	}{
		{"the sample's times", `{"startTime": "2019-07-01T18:00", "endTime": "2019-08-01"}`, map[string]any{"startTime": july + 18*hour, "endTime": july + 31*24*hour}},
		{"seconds without zone", `{"endTime": "2019-07-01T18:00:30"}`, map[string]any{"endTime": july + 18*hour + 30e9}},
		{"zone without seconds", `{"endTime": "2019-07-01T18:00+02:00"}`, map[string]any{"endTime": july + 16*hour}},
		{"fraction", `{"endTime": "2019-07-01T00:00:00.000000001Z"}`, map[string]any{"endTime": july + 1}},
		{"a date in a zone", `{"startTime": "2019-07-01", "timeZone": "Asia/Baghdad"}`, map[string]any{"startTime": july - 3*hour}},
		{"a time without zone is UTC, whatever the zone of dates", `{"startTime": "2019-07-01T00:00", "timeZone": "Asia/Baghdad"}`, map[string]any{"startTime": july}},
		{"midnight that the clock skips", `{"startTime": "2021-03-22", "timeZone": "Asia/Tehran"}`, map[string]any{"startTime": int64(1616358600e9)}},
		{"the day after a leap year", `{"startTime": "2029-01-01", "timeZone": "Europe/Paris"}`, map[string]any{"startTime": int64(1861916400e9)}},
		{"the last day of a leap year", `{"endTime": "2028-12-31", "timeZone": "America/New_York"}`, map[string]any{"endTime": int64(1861851600e9)}},
		{"midnight that comes twice", `{"startTime": "2020-11-01", "timeZone": "America/Havana"}`, map[string]any{"startTime": int64(1604203200e9)}},

		{"the sample's landmark", `{"point_of_origin": "|en: Red Crescent Sunrise Camp", "radius_km": 10}`, map[string]any{"attested": true, "text": map[string]any{"en": "Red Crescent Sunrise Camp"}, "radiusM": 10000.0}},
		{"a point with zoom", `{"pointOfOrigin": "@40.4043328,-111.7761829,15z", "radiusKm": 1}`, map[string]any{"lat": 40.4043328, "lon": -111.7761829, "radiusM": 1000.0}},
		{"a point without zoom", `{"pointOfOrigin": "@-90, 180", "radiusKm": 0.5}`, map[string]any{"lat": -90.0, "lon": 180.0, "radiusM": 500.0}},
		{"a point as object", `{"pointOfOrigin": {"lat": 0, "lon": -180}, "radiusKm": 1}`, map[string]any{"lat": 0.0, "lon": -180.0, "radiusM": 1000.0}},

		{"one code", `{"boundary": "USA:TX"}`, map[string]any{"codes": map[string]any{"US-TX": true}}},
		{"codes with commas", `{"boundaries": "usa:tx:Houston , MEX,gb-eng"}`, map[string]any{"codes": map[string]any{"US-TX:HOUSTON": true, "MX": true, "GB-ENG": true}}},
		{"codes as list", `{"boundary": ["IQ:Baghdad", "UK"]}`, map[string]any{"codes": map[string]any{"IQ:BAGHDAD": true, "GB": true}}},
		{"codes in every locale", `{"boundary": "|en: USA:TX, MX |es: MEX, US-TX"}`, map[string]any{"codes": map[string]any{"US-TX": true, "MX": true}}},
		{"codes that differ by locale", `{"boundary": {"en": "USA", "es": "USA:TX"}}`, map[string]any{"attested": true, "text": map[string]any{"en": "USA", "es": "USA:TX"}}},
		{"the sample's prose", `{"boundaries": "|en: West side of Euphrates river, within Baghdad city limits\n        |es: lado oeste del río Eufrates"}`, map[string]any{"attested": true, "text": map[string]any{"en": "West side of Euphrates river, within Baghdad city limits", "es": "lado oeste del río Eufrates"}}},
		{"one word of prose makes it prose", `{"boundary": "USA:TX, and beyond"}`, map[string]any{"attested": true, "text": "USA:TX, and beyond"}},
		{"a country that does not exist is prose", `{"boundary": ["ZZZ:TX"]}`, map[string]any{"attested": true, "text": "ZZZ:TX"}},

		{"the sample's jurisdictions", `{"jurisdictions": "|en: EU, India, Bangladesh"}`, map[string]any{"all": map[string]any{"eu": true, "india": true, "bangladesh": true}, "some": all}},
		{"jurisdictions as codes", `{"jurisdictions": ["IND", "us-tx"]}`, map[string]any{"all": map[string]any{"IN": true, "US-TX": true}, "some": all}},
		{"jurisdictions that differ by locale", `{"jurisdictions": {"en": "EU, IN", "fr": "UE, IND"}}`, map[string]any{"all": map[string]any{"IN": true}, "some": map[string]any{"eu": true, "ue": true}, "attested": true, "text": map[string]any{"en": "EU, IN", "fr": "UE, IND"}}},

		{"a trigger", `{"trigger": "Death of parent"}`, map[string]any{"attested": true, "text": "Death of parent"}},
		{"a text over lines", `{"circumstances": "|en: While ill, and no\n        new guardian.\n        |ar: ما دامت"}`, map[string]any{"attested": true, "text": map[string]any{"en": "While ill, and no new guardian.", "ar": "ما دامت"}}},
		{"a pipe that begins no locale", `{"trigger": "|en: this | that"}`, map[string]any{"attested": true, "text": map[string]any{"en": "this | that"}}},
		{"an unknown type", `{"moon": "full"}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := constrained(t, tt.constraints, nil)
			if len(got) != 1 || got[0].Problem != "" || !reflect.DeepEqual(got[0].Values, tt.want) {
				t.Errorf("got %+v, want values %v", got, tt.want)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, constraints := range []string{
		`{"endTime": "soon"}`, `{"endTime": 5}`, `{"endTime": null}`, `{"endTime": ""}`, `{"endTime": {"en": "2019-08-01"}}`,
		`{"endTime": "2019-02-30"}`, `{"endTime": "2019-8-1"}`, `{"endTime": "2019-08-01T24:00"}`, `{"endTime": "2019-08-01 10:00"}`,
		`{"endTime": "2019-08-01T1:00:00Z"}`, `{"endTime": "2019-08-01T10:00:00,5Z"}`, `{"endTime": "2019-08-01T10:00:60Z"}`,
		`{"endTime": "2019-08-01T10:00:00+24:00"}`, `{"endTime": "2019-08-01T10:00:00+99:99"}`, `{"endTime": "2019-08-01T10:00:00z"}`,
		`{"endTime": "2263-01-01"}`, `{"endTime": "9999-12-31T23:59:59Z"}`, `{"startTime": "0001-01-01T00:00:00Z"}`,
		`{"timeZone": "UTC"}`, `{"endTime": "2019-08-01", "timeZone": "Mars/Olympus"}`, `{"endTime": "2019-08-01", "timeZone": "Local"}`,
		`{"endTime": "2019-08-01", "timeZone": "../UTC"}`, `{"endTime": "2019-08-01", "timeZone": "Asia"}`, `{"endTime": "2019-08-01", "timeZone": ""}`,
		`{"begin": "2019-08-01"}`,
		`{"radiusKm": 1}`, `{"pointOfOrigin": "@1,2"}`, `{"pointOfOrigin": "Camp"}`, `{"pointOfOrigin": "@1,2", "radiusKm": 0}`,
		`{"pointOfOrigin": "@1,2", "radiusKm": -1}`, `{"pointOfOrigin": "@1,2", "radiusKm": "10"}`, `{"pointOfOrigin": "@1,2", "radiusKm": 1e308}`,
		`{"pointOfOrigin": "@90.1,2", "radiusKm": 1}`, `{"pointOfOrigin": "@0,180.0001", "radiusKm": 1}`, `{"pointOfOrigin": "@0", "radiusKm": 1}`,
		`{"pointOfOrigin": "@0,0,z", "radiusKm": 1}`, `{"pointOfOrigin": "@0x1,0", "radiusKm": 1}`, `{"pointOfOrigin": {"lat": 91, "lon": 0}, "radiusKm": 1}`,
		`{"pointOfOrigin": {"lat": 0}, "radiusKm": 1}`, `{"pointOfOrigin": {"lat": "0", "lon": "0"}, "radiusKm": 1}`,
		`{"pointOfOrigin": {"lat": 0, "lon": 0, "alt": 1}, "radiusKm": 1}`, `{"pointOfOrigin": [0, 0], "radiusKm": 1}`,
		`{"pointOfOrigin": "@1,2", "point_of_origin": "@1,2", "radiusKm": 1}`, `{"boundary": "US", "boundaries": "US"}`,
		`{"boundary": []}`, `{"boundary": [""]}`, `{"boundary": [1]}`, `{"boundary": {}}`, `{"boundary": ""}`, `{"boundary": 7}`, `{"boundary": null}`,
		`{"boundary": {"type": "Polygon", "coordinates": []}}`, `{"boundary": {"": "x"}}`, `{"boundary": {"e": "x"}}`, `{"boundary": {"en": 1}}`,
		`{"jurisdictions": " , ,"}`, `{"jurisdictions": []}`, `{"jurisdictions": {"en": ","}}`, `{"jurisdictions": true}`,
		`{"trigger": "  "}`, `{"trigger": ["x"]}`, `{"trigger": {}}`, `{"trigger": "|en: "}`, `{"trigger": "|en: a|en: b"}`, `{"trigger": false}`,
	} {
		t.Run(constraints, func(t *testing.T) {
			t.Parallel()
			got := constrained(t, constraints, nil)
			if len(got) != 1 || got[0].Problem == "" || got[0].Values != nil {
				t.Errorf("got %+v, want a problem", got)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	const constraints = `{"pointOfOrigin": {"lat": %LAT, "lon": %LON}, "radiusKm": 1}`
	for _, tt := range []struct {
		name                 string
		lat, lon             string
		placeLat, placeLon   float64
		want, within         float64
		withoutLon, notKnown bool
	}{
		// GeographicLib, geodesics example: JFK to LHR.
		{name: "JFK to LHR", lat: "40.6", lon: "-73.8", placeLat: 51.6, placeLon: -0.5, want: 5551759.400, within: 1e-3},
		{name: "across the antimeridian", lat: "0", lon: "179.999", placeLon: -179.999, want: 222.638982, within: 1e-6},
		{name: "at a pole every longitude is one point", lat: "90", lon: "0", placeLat: 90, placeLon: 123, want: 0, within: 1e-6},
		{name: "antipodes", lat: "0", lon: "0", placeLon: 180, want: 20003931.458625, within: 1e-3},
		{name: "no longitude", lat: "0", lon: "0", withoutLon: true, notKnown: true},
		{name: "not on Earth", lat: "0", lon: "0", placeLat: 91, notKnown: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			place := &Place{Lat: &tt.placeLat, Lon: &tt.placeLon}
			if tt.withoutLon {
				place.Lon = nil
			}
			got := constrained(t, strings.NewReplacer("%LAT", tt.lat, "%LON", tt.lon).Replace(constraints), place)
			d, known := got[0].Values["distanceM"].(float64)
			if known == tt.notKnown || math.Abs(d-tt.want) > tt.within {
				t.Errorf("got %v (known: %v), want %v", d, known, tt.want)
			}
		})
	}
}

func TestPlaceLines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		codes []string
		want  [][]string
	}{
		{"one line of descent", []string{"USA", "US-TX", "USA:TX:Houston"}, [][]string{{"US", "US-TX", "US-TX:HOUSTON"}}},
		{"two", []string{"USA:TX", "USA", "MEX"}, [][]string{{"US", "US-TX"}, {"MX"}}},
		{"spellings of one place", []string{"USA:TX", "us-tx", "ＵＳ：ｔｘ"}, [][]string{{"US", "US-TX"}}},
		{"siblings with one beginning", []string{"US-T", "US-TX"}, [][]string{{"US", "US-T"}, {"US", "US-TX"}}},
		{"what is no code stands alone", []string{"USA", "Texas"}, [][]string{{"US"}, {"?Texas"}}},
		{"letters that fold to a code are none", []string{"ß:HOUSTON"}, [][]string{{"?ß:HOUSTON"}}},
		{"empty levels", []string{"US::TX"}, [][]string{{"?US::TX"}}},
		{"none", nil, nil},
	} {
		if _, got := placeLines(tt.codes); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestCountryCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"USA": "US", "us": "US", "GBR": "GB", "UK": "GB", "IRQ": "IQ", "TD": "TD",
		"EU": "", "ZZ": "", "XA": "", "QO": "", "DDR": "", "TP": "", "AAA": "", "840": "", "Iraq": "",
	} {
		c, ok := readCode(code)
		if ok != (want != "") || ok && c.canonical() != want {
			t.Errorf("%s: got %v, want %q", code, c, want)
		}
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		members map[string]any
		jcs     string
	}{
		{"a plain text", map[string]any{"trigger": "Death of parent"}, `{"trigger":"Death of parent"}`},
		{"a localised text", map[string]any{"trigger": "|en: a\n  b |ar: c"}, `{"trigger":{"ar":"c","en":"a b"}}`},
		{"the same as object", map[string]any{"trigger": map[string]any{"en": "a b", "ar": "c"}}, `{"trigger":{"ar":"c","en":"a b"}}`},
		{"two members", map[string]any{"radius_km": 10.0, "point_of_origin": "|en: Camp <1>"}, `{"point_of_origin":{"en":"Camp <1>"},"radius_km":10}`},
		{"a number as JCS writes it", map[string]any{"x": 1e21}, `{"x":1e+21}`},
	} {
		sum := sha256.Sum256([]byte(tt.jcs))
		want := base64.RawURLEncoding.EncodeToString(sum[:])
		if got, err := Digest(tt.members); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want the digest of %s", tt.name, got, err, tt.jcs)
		}
	}
}

// An attestation of one constraint is none of another, also where both say the
// same, and under every spelling of a member.
func TestDigestBindsTheConstraint(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, c := range constrained(t, `{"trigger": "x", "circumstances": "x", "boundary": "x"}`, nil) {
		if other, twice := seen[c.Digest]; twice || c.Problem != "" {
			t.Errorf("%s and %s share %s (%s)", c.Name, other, c.Digest, c.Problem)
		}
		seen[c.Digest] = c.Name
	}
	if len(seen) != 3 {
		t.Errorf("got %d digests", len(seen))
	}
}

func TestCanonicalAttributes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		value any
		match string
		want  string // empty: none
	}{
		{"text is NFC", "Zoe\u0308", "", "Zoë"},
		{"text keeps case, space and compatibility forms", " ﬁ A", "", " ﬁ A"},
		{"caseless", "STRASSE", "caseless", "strasse"},
		{"caseless folds fully", "Straße", "caseless", "strasse"},
		{"caseless over compatibility forms", "ＭＹＡ", "caseless", "mya"},
		{"caseless over decomposed letters", "ZOE\u0308", "caseless", "zoë"},
		{"date", "2009-05-21", "date", "2009-05-21"},
		{"basic date", "20090521", "date", "2009-05-21"},
		{"date of a date-time, in its own zone", "2009-05-21T23:30:00-08:00", "date", "2009-05-21"},
		{"no such day", "2009-02-30", "date", ""},
		{"half basic", "2009-0521", "date", ""},
		{"a year is no date", "2009", "date", ""},
		{"text is no date", "May 21", "date", ""},
		{"number", 1e21, "", "1e+21"},
		{"integer", 7.0, "caseless", "7"},
		{"a number is no date", 20090521.0, "date", ""},
		{"boolean", true, "", "true"},
		{"empty", "", "", ""},
		{"null", nil, "", ""},
		{"list", []any{"a"}, "", ""},
		{"object", map[string]any{}, "", ""},
	} {
		if got, ok := canonical(tt.value, tt.match); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: got %q (%v), want %q", tt.name, got, ok, tt.want)
		}
	}
}

func FuzzDerive(f *testing.F) {
	for _, seed := range []string{
		`{"startTime": "2019-07-01T18:00", "endTime": "2019-08-01", "timeZone": "Asia/Tehran"}`,
		`{"point_of_origin": "|en: Camp", "radius_km": 10, "boundaries": "USA:TX, MEX", "jurisdictions": "|en: EU|es: UE"}`,
		`{"pointOfOrigin": {"lat": 1, "lon": 2}, "radiusKm": 1e300, "boundary": {"type": "Polygon"}, "trigger": {"en": "x"}}`,
		`{"circumstances": ["|en:"], "boundary": ["US:TX:a:b:c:d:e:f:g"], "moon": null, "begin": []}`,
	} {
		f.Add(seed, "USA:TX", 91.0)
	}
	fw := campFramework(f)
	f.Fuzz(func(t *testing.T, constraints, code string, lat float64) {
		in := question()
		c := &in.Presentations[0].Credentials[0]
		c.Holder.Constraints = nil
		if json.Unmarshal([]byte(constraints), &c.Holder.Constraints) != nil || math.IsNaN(lat) || math.IsInf(lat, 0) {
			t.Skip("no JSON")
		}
		in.Presentations[0].Circumstances = Circumstances{Place: &Place{Lat: &lat, Lon: &lat, Codes: []string{code}}, Jurisdiction: &Jurisdiction{Value: code}}
		if err := Derive(in, fw); err != nil {
			t.Fatal(err)
		}
		recorded, err := json.Marshal(in)
		if err != nil {
			t.Fatalf("derived facts are not JSON: %v", err)
		}
		if err := Derive(in, fw); err != nil {
			t.Fatal(err)
		}
		if diff, err := Compare(recorded, in); err != nil || len(diff) > 0 {
			t.Errorf("derived again: differences %v, %v", diff, err)
		}
		for _, d := range c.Derived.Constraints {
			if (d.Problem != "") == (d.Values != nil) && d.Type != "phase_of_moon" {
				t.Errorf("%s: problem %q and values %v", d.Name, d.Problem, d.Values)
			}
		}
	})
}
