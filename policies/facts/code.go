package facts

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// A placeCode is a place and all above it, outermost first, each in canonical
// form: ISO 3166-1 alpha-2, "-" and the subdivision where it can be one of ISO
// 3166-2, then ":" and a name in upper case for each further level.
// "USA:TX:Houston" is US, US-TX, US-TX:HOUSTON.
type placeCode []string

func (c placeCode) canonical() string { return c[len(c)-1] }

const maxLevels = 8

var level = regexp.MustCompile(`^[^\pC,]{1,128}$`)

// countryCode takes "TH" and "TH-71" apart.
func countryCode(s string) (country, sub string, ok bool) {
	country, sub, divided := strings.Cut(s, "-")
	return country, sub, made(country, 2, 3, isLetter) && (!divided || isSubdivision(sub))
}

func isSubdivision(s string) bool { return made(s, 1, 3, letterOrDigit) }

// readCode reads a code; whether a subdivision exists is not checked. What does
// not begin with a country of ISO 3166-1 is no code.
func readCode(s string) (placeCode, bool) {
	parts := strings.Split(norm.NFKC.String(strings.TrimSpace(s)), ":")
	country, sub, ok := countryCode(parts[0])
	if !ok || len(parts) > maxLevels {
		return nil, false
	}
	alpha2, ok := alpha2(country)
	if !ok {
		return nil, false
	}
	c, parts := placeCode{alpha2}, parts[1:]
	if sub != "" {
		c = append(c, alpha2+"-"+strings.ToUpper(sub))
	} else if len(parts) > 0 && isSubdivision(strings.TrimSpace(parts[0])) {
		c = append(c, alpha2+"-"+strings.ToUpper(strings.TrimSpace(parts[0])))
		parts = parts[1:]
	}
	for _, p := range parts {
		p = strings.Join(strings.Fields(p), " ")
		if !level.MatchString(p) {
			return nil, false
		}
		c = append(c, c.canonical()+":"+upper(p))
	}
	return c, true
}

func upper(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	return norm.NFKC.String(cases.Upper(language.Und).String(Fold(s)))
}

// alpha2 takes alpha-2 and alpha-3 codes of ISO 3166-1, and UK, which the
// standard reserves for GB. Withdrawn codes that another replaced are none.
func alpha2(code string) (string, bool) {
	r, err := language.ParseRegion(code)
	if err != nil || !r.IsCountry() {
		return "", false
	}
	if now := r.Canonicalize(); now != r && r.String() != "UK" {
		return "", false
	}
	return r.Canonicalize().String(), true
}

// placeLines reads the codes of a place: all in canonical form, and the deepest
// of each line of descent with what is above it. A code that cannot be read is
// a line of its own, behind "?": the place is then inside of nothing.
func placeLines(codes []string) (canonical []string, lines [][]string) {
	var read []placeCode
	for _, s := range codes {
		c, ok := readCode(s)
		if !ok {
			c = placeCode{"?" + s}
		}
		canonical, read = append(canonical, c.canonical()), append(read, c)
	}
	for i, c := range read {
		above := func(d placeCode) bool { return len(d) > len(c) && d[len(c)-1] == c.canonical() }
		same := func(d placeCode) bool { return d.canonical() == c.canonical() }
		if !slices.ContainsFunc(read, above) && slices.IndexFunc(read, same) == i {
			lines = append(lines, c)
		}
	}
	return canonical, lines
}
