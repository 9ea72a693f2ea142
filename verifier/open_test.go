package verifier

import "testing"

// An attribute can be asked for that one of the variants in question has; of a
// version whose attributes were not kept nothing is known.
func TestDiscloses(t *testing.T) {
	t.Parallel()
	r := &Release{Variants: []ReleaseVariant{
		{Name: "Child", Attributes: []string{"firstName", "photo"}},
		{Name: "Plot", Attributes: []string{}},
	}}
	older := &Release{Variants: []ReleaseVariant{{Name: "Child"}}}
	for _, c := range []struct {
		release            *Release
		variant, attribute string
		want               bool
	}{
		{r, "", "photo", true},
		{r, "Child", "photo", true},
		{r, "Plot", "photo", false},
		{r, "", "id", false},
		{r, "", "firstname", false},
		{older, "", "anything", true},
		{older, "Child", "anything", true},
		{older, "Plot", "anything", false},
	} {
		if got := c.release.discloses(c.variant, c.attribute); got != c.want {
			t.Errorf("%v of %q: %v, want %v", c.attribute, c.variant, got, c.want)
		}
	}
}
