package main

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// notOurs are variables that look like settings and are none: those of tests, and
// those that Kubernetes and Docker give a container for each service whose name
// begins with procura ("enableServiceLinks").
var notOurs = regexp.MustCompile(`^PROCURA_(TEST_.*|([A-Z0-9_]+_)?(SERVICE_HOST=.*|SERVICE_PORT(_[A-Z0-9_]+)?=.*|PORT=[a-z]+://.*|PORT_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?=.*))`)

// knownVariables refuses an environment with a PROCURA_ variable that sets nothing
// of any command below root: mistyped, it would be ignored. environ is as
// os.Environ gives it.
func knownVariables(root *cobra.Command, environ []string) error {
	known := map[string]bool{}
	variables(root, known)
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "PROCURA_") && !known[name] && !notOurs.MatchString(entry) {
			return fmt.Errorf("the environment sets %s, which is no setting: is %s meant?", name, closest(name, known))
		}
	}
	return nil
}

// variables gathers the names by which flags of c, and of what is below it, can be set.
func variables(c *cobra.Command, known map[string]bool) {
	if c.Flags().Lookup("config") != nil {
		c.Flags().VisitAll(func(f *pflag.Flag) { known[variable(f.Name)] = true })
	}
	for _, sub := range c.Commands() {
		variables(sub, known)
	}
}

// closest is the known name with the fewest letters to change, the first of several.
func closest(name string, known map[string]bool) string {
	return slices.MinFunc(slices.Sorted(maps.Keys(known)), func(a, b string) int {
		return cmp.Compare(letters(name, a), letters(name, b))
	})
}

// letters is how many letters must be put in, left out or replaced to make b of a.
func letters(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := before
			if a[i] != b[j] {
				replaced++
			}
			before = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
