package analyze

import (
	"strings"
	"time"

	"github.com/procura-dev/procura/trustframeworks"
)

// leastFrameworkAge leaves time to pull the next bundle (docs/bundles.md,
// "Withdrawals, and going without us").
const leastFrameworkAge = 10 * time.Minute

// ages finds those that deny at the edge now and then.
func (l *linter) ages() {
	l.frameworkAge("/freshness/default", l.Freshness.Default)
	for name, ages := range l.Freshness.Permissions {
		l.frameworkAge("/freshness/permissions/"+strings.ReplaceAll(name, "~", "~0"), ages) // a name has no slash
	}
}

func (l *linter) frameworkAge(path string, ages trustframeworks.Ages) {
	if d, err := ages.FrameworkMaxAge.Length(); err == nil && ages.FrameworkMaxAge != "" && d < leastFrameworkAge {
		l.add(path+"/frameworkMaxAge", CodeShortAge, "%s is less than ten minutes, in which a bundle can be pulled for certain", ages.FrameworkMaxAge)
	}
}
