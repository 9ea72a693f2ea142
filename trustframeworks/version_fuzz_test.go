package trustframeworks_test

import (
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
)

// A version has one canonical spelling, and a range that is read answers of any.
func FuzzVersion(f *testing.F) {
	for _, seed := range []string{"1", "1.0", "1.2.3-rc.1", "v1", "01.0.0", "1.0.0+b", "1.99999999999999999999.0"} {
		f.Add(seed, ">=1.2.0 <2.0.0 || 3.x")
		f.Add(seed, "~"+seed)
	}
	f.Fuzz(func(t *testing.T, version, text string) {
		r, wrong := trustframeworks.ParseRange(text)
		canonical, err := trustframeworks.CanonicalVersion(version)
		if err != nil {
			if wrong == nil && r.Match(version) {
				t.Errorf("%q holds %q, which is no version", text, version)
			}
			return
		}
		if again, err := trustframeworks.CanonicalVersion(canonical); err != nil || again != canonical {
			t.Errorf("%q is %q, and that %q (%v)", version, canonical, again, err)
		}
		if trustframeworks.CompareVersions(canonical, canonical) != 0 {
			t.Errorf("%q is not as new as itself", canonical)
		}
		if exact, err := trustframeworks.ParseRange("=" + canonical); err != nil || !exact.Match(canonical) {
			t.Errorf("=%s does not hold %s (%v)", canonical, canonical, err)
		}
		if wrong == nil && r.Match(version) != r.Match(canonical) {
			t.Errorf("%q holds %q, and not %q, or the other way", text, version, canonical)
		}
	})
}
