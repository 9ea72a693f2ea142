package facts

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
)

// What each form accepts, as a regular expression.
var forms = map[string]struct {
	is       func(string) bool
	pattern  *regexp.Regexp
	examples []string
}{
	"date-time": {
		isDateTime,
		regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`),
		[]string{"2026-11-22T12:00:00Z", "2026-11-22T12:00:00.25+23:59", "9999-99-99T99:99:99.0-19:30", "2026-11-22T12:00:00+24:00"},
	},
	"date-time without seconds": {
		func(s string) bool { return withSeconds(s) != s },
		regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d)(Z|[+-]\d\d:\d\d)?$`),
		[]string{"2019-07-01T18:00", "2019-07-01T18:00Z", "2019-07-01T18:00+99:99"},
	},
	"date-time without offset": {
		func(s string) bool { rest, ok := begins(s, secondForm); return ok && afterFraction(rest) == "" },
		regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$`),
		[]string{"2019-07-01T18:00:00", "2019-07-01T18:00:00.123"},
	},
	"point": {
		func(s string) bool { _, _, ok := coordinates(s); return ok },
		regexp.MustCompile(`^@(-?\d{1,3}(?:\.\d+)?),\s*(-?\d{1,3}(?:\.\d+)?)(?:,\s*\d{1,2}(?:\.\d+)?z)?$`),
		[]string{"@14.05,98.2,12z", "@-1,\t\n\f\r -180.0", "@999.9, 0, 9.5z"},
	},
	"country": {
		func(s string) bool { _, _, ok := countryCode(s); return ok },
		regexp.MustCompile(`^([A-Za-z]{2,3})(?:-([A-Za-z0-9]{1,3}))?$`),
		[]string{"TH-71", "USA", "us-TX", "DE-A1z"},
	},
	"subdivision": {isSubdivision, regexp.MustCompile(`^[A-Za-z0-9]{1,3}$`), []string{"TX", "a1Z"}},
}

// TestForms: forms are read as regular expressions read them, however a text is
// damaged.
func TestForms(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := map[bool]int{}
			for seed := range uint64(60_000) {
				r := rand.New(rand.NewPCG(seed, 8))
				s := form.examples[r.IntN(len(form.examples))]
				for range r.IntN(4) {
					s = damaged(r, s)
				}
				want := form.pattern.MatchString(s)
				if got := form.is(s); got != want {
					t.Fatalf("%q: got %v, want %v", s, got, want)
				}
				is[want]++
			}
			if is[true] < 5000 || is[false] < 5000 {
				t.Errorf("the texts show too little: %v", is)
			}
		})
	}
}

// damaged puts in, takes out or changes one character.
func damaged(r *rand.Rand, s string) string {
	i := r.IntN(len(s) + 1)
	j := min(i+r.IntN(2), len(s))
	return s[:i] + pieces[r.IntN(len(pieces))] + s[j:]
}

var pieces = append(strings.Split("0123456789TZtz+-.,:@ \t\n\v\f\r\x00/;`{[aA_kK", ""), "", "", "é", "\u0660", "\u212a", "\xff", "\u00a0", "00", ".5", "z", "-1")

// A point's coordinates, and a place's parts, are those that the expressions
// take out.
func TestFormsParts(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60_000) {
		r := rand.New(rand.NewPCG(seed, 9))
		for name, parts := range map[string]func(string) (string, string, bool){"point": coordinates, "country": countryCode} {
			form := forms[name]
			s := damaged(r, form.examples[r.IntN(len(form.examples))])
			m := form.pattern.FindStringSubmatch(s)
			if a, b, ok := parts(s); ok && (m == nil || m[1] != a || m[2] != b) {
				t.Fatalf("%q: got %q and %q, want %q", s, a, b, m)
			}
		}
	}
}

// The seconds come before the offset.
func TestWithSeconds(t *testing.T) {
	t.Parallel()
	noSeconds := forms["date-time without seconds"].pattern
	for seed := range uint64(20_000) {
		r := rand.New(rand.NewPCG(seed, 10))
		s := damaged(r, []string{"2019-07-01T18:00", "2019-07-01T18:00Z", "2019-07-01T18:00-05:30"}[r.IntN(3)])
		if got, want := withSeconds(s), noSeconds.ReplaceAllString(s, "$1:00$2"); got != want {
			t.Fatalf("%q: got %q, want %q", s, got, want)
		}
	}
}

// A date has two forms, and comes out in one.
func TestDateForms(t *testing.T) {
	t.Parallel()
	dates := regexp.MustCompile(`^(\d{4})-?(\d\d)-?(\d\d)$`)
	read := 0
	for seed := range uint64(20_000) {
		r := rand.New(rand.NewPCG(seed, 11))
		s := damaged(r, []string{"2019-02-03", "20190203"}[r.IntN(2)])
		want := dates.ReplaceAllString(norm.NFKC.String(s), "$1-$2-$3")
		_, err := time.Parse(time.DateOnly, want)
		sized := len(norm.NFKC.String(s)) == 8 || len(norm.NFKC.String(s)) == 10
		got, ok := dateText(s)
		if ok != (err == nil && sized) || ok && got != want {
			t.Fatalf("%q: got %q, %v, want %q, %v", s, got, ok, want, err)
		}
		if ok {
			read++
		}
	}
	if read < 1000 {
		t.Errorf("%d dates show too little", read)
	}
}
