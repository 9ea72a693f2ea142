package trustframeworks

import (
	"time"

	"github.com/procura-dev/procura/policies/facts"
)

// A Duration is an ISO 8601 duration as written: P30D, PT5M, P1DT12H, P2W.
// Years and months have no fixed length and are refused.
type Duration string

// Length returns the duration, from 0 to some 292 years.
func (d Duration) Length() (time.Duration, error) { return facts.Duration(string(d)) }
