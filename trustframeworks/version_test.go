package trustframeworks_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
)

func TestCanonicalVersion(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, want string }{
		{"1", "1.0.0"},
		{"1.0", "1.0.0"},
		{"1.2", "1.2.0"},
		{"1.2.3", "1.2.3"},
		{"0.0.0", "0.0.0"},
		{"1.0.0-rc.1", "1.0.0-rc.1"},
		{"01.0.0", ""},
		{"1.00", ""},
		{"1.0.0-01", ""},
		{"1.0.0+build", ""},
		{"1.0-rc.1", ""},
		{"v1.0.0", ""},
		{" 1.0.0", ""},
		{"1.0.0 ", ""},
		{"1.0.0.0", ""},
		{"1.x", ""},
		{"-1", ""},
		{"", ""},
		{"99999999999999999999", ""},
	}
	for _, c := range cases {
		got, err := trustframeworks.CanonicalVersion(c.text)
		if got != c.want || (c.want == "") != errors.Is(err, trustframeworks.ErrVersion) {
			t.Errorf("CanonicalVersion(%q) = %q, %v; want %q", c.text, got, err, c.want)
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	cases := []struct {
		expr, version string
		want          bool
	}{
		{"1.0.0", "1.0.0", true},
		{"1.0.0", "1", true},
		{">=1.2.0 <2.0.0", "1.9.9", true},
		{">=1.2.0, <2.0.0", "2.0.0", false},
		{"1.x || 3.x", "3.4.5", true},
		{"1.x || 3.x", "2.0.0", false},
		{"~1.4", "1.4.9", true},
		{"^1.4", "2.0.0", false},
		{"*", "1.0.0", true},
		{"*", "1.0.0-rc.1", false},
		{">=1.0.0", "2.0.0-rc.1", false},
		{">=1.0.0-0", "2.0.0-rc.1", true},
		{">=1.0.0-rc.1", "1.0.0-rc.2", true},
		{"nonsense", "1.0.0", false},
		{"", "v1", false},
	}
	for _, c := range cases {
		if got := trustframeworks.Match(c.expr, c.version); got != c.want {
			t.Errorf("Match(%q, %q) = %v, want %v", c.expr, c.version, got, c.want)
		}
	}
	if (trustframeworks.Range{}).Match("1.0.0") {
		t.Errorf("the zero range holds a version")
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text trustframeworks.Duration
		want time.Duration
	}{
		{"P1D", 24 * time.Hour},
		{"P2W", 14 * 24 * time.Hour},
		{"PT5M", 5 * time.Minute},
		{"P1DT2H3M4S", 26*time.Hour + 3*time.Minute + 4*time.Second},
		{"PT0.25S", 250 * time.Millisecond},
		{"PT0S", 0},
		{"P", -1},
		{"PT", -1},
		{"P1DT", -1},
		{"P1M", -1},
		{"P1Y", -1},
		{"P1W1D", -1},
		{"-P1D", -1},
		{"PT1.5M", -1},
		{"5m", -1},
		{"", -1},
		{"P106752D", -1},
		{"P106751DT24H", -1},
	}
	for _, c := range cases {
		got, err := c.text.Length()
		if c.want < 0 {
			if !errors.Is(err, facts.ErrDuration) {
				t.Errorf("%q has the length %v, want it refused", c.text, got)
			}
		} else if err != nil || got != c.want {
			t.Errorf("%q has the length %v, %v; want %v", c.text, got, err, c.want)
		}
	}
}

func TestTextIn(t *testing.T) {
	t.Parallel()
	text := trustframeworks.Text{"en": "colour", "en-US": "color", "zh-Hant": "顏色", "de": "Farbe"}
	cases := []struct{ tag, want string }{
		{"en-US", "color"},
		{"EN-us", "color"},
		{"en-GB", "colour"},
		{"de-x-dialect", "Farbe"},
		{"zh-Hant-TW", "顏色"},
		{"zh", "colour"},
		{"fr", "colour"},
		{"", "colour"},
	}
	for _, c := range cases {
		if got := text.In(c.tag); got != c.want {
			t.Errorf("In(%q) = %q, want %q", c.tag, got, c.want)
		}
	}
	if got := (trustframeworks.Text{"": "plain", "en": "english"}).In("fr"); got != "plain" {
		t.Errorf("got %q, want the text without a tag", got)
	}
	if got := (trustframeworks.Text{"sw": "rangi", "tr": "renk"}).In("fr"); got != "rangi" {
		t.Errorf("got %q, want the first language in order", got)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	good := []string{"a", `"}{`, "Ünïcode 家路", "a.b:c", "{{name}}"}
	bad := []string{"", "a/b", " a", "a ", "a\u00a0", "a\nb", "a\x00", "e\u0301", string(make([]byte, 129)), "a\xffb", "a\u200f", "\u202eb", "a\u200db", "a\ufeffb", "a\u00adb"}
	for _, name := range good {
		if err := trustframeworks.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range bad {
		if err := trustframeworks.CheckName(name); !errors.Is(err, trustframeworks.ErrName) {
			t.Errorf("%q is a name, want it refused", name)
		}
	}
	for _, name := range []string{"all", "Keys", "INDEX", "ｐｕｂｌｉｃ", ".", "..", "．", "‥"} {
		if err := trustframeworks.CheckFrameworkName(name); !errors.Is(err, trustframeworks.ErrName) {
			t.Errorf("%q is a framework's name, want it reserved", name)
		}
	}
	if trustframeworks.FoldName("STRASSE ﬁ") != trustframeworks.FoldName("straße fi") {
		t.Errorf("names that differ by compatibility and case only are kept apart")
	}
}

// What is remembered of ranges says the same as reading them, and is bounded.
func TestRangesAreRemembered(t *testing.T) {
	t.Parallel()
	for i := range 2000 {
		text := fmt.Sprintf("^1.%d", i%1500)
		if !trustframeworks.Match(text, fmt.Sprintf("1.%d.0", i%1500)) || trustframeworks.Match(text, "2.0.0") {
			t.Errorf("%s does not hold what it holds", text)
		}
		if trustframeworks.Match("no range", "1.0.0") {
			t.Error("what is no range holds something")
		}
	}
}
