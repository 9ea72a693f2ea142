package facts

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// A Limit is one constraint of type usage: at most Max permits in any stretch of
// time as long as Period, of which the first instant counts and the end does not.
type Limit struct {
	Constraint string // its name
	Max        int64  // 1…2³¹−1
	Period     time.Duration
}

// Limits are those of the framework's constraints of type usage that a credential
// bears, by name. What cannot be read is none: it never holds.
func (fw Framework) Limits(c *Credential) []Limit {
	var out []Limit
	for _, d := range fw.constraints {
		if d.kind != "usage" {
			continue
		}
		parameters, _, problem := d.given(c.Holder.Constraints)
		if len(parameters) == 0 || problem != nil {
			continue
		}
		if n, period, err := most(parameters); err == nil {
			out = append(out, Limit{d.name, n, time.Duration(period)})
		}
	}
	return out
}

// usage reads how many permits may rest on a credential in any stretch of time
// as long as period.
func usage(parameters map[string]any) (map[string]any, error) {
	n, period, err := most(parameters)
	if err != nil {
		return nil, err
	}
	return map[string]any{"max": n, "period": period}, nil
}

// most reads the parameters of a usage. The period is in ns.
func most(parameters map[string]any) (n, period int64, err error) {
	if err := known("usage", parameters); err != nil {
		return 0, 0, err
	}
	given, ok := parameters["max"].(float64)
	if !ok || given != math.Trunc(given) || given < 1 || given > math.MaxInt32 {
		return 0, 0, errors.New("max: is no whole number from 1 to 2147483647")
	}
	if period, err = lasting(parameters["period"]); err != nil {
		return 0, 0, fmt.Errorf("period: %w", err)
	}
	return int64(given), period, nil
}
