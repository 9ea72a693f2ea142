package facts

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// window reads a time_window. The start is inclusive, the end exclusive.
func window(parameters map[string]any) (map[string]any, error) {
	if err := known("time_window", parameters); err != nil {
		return nil, err
	}
	loc, err := zoneOf(parameters)
	if err != nil {
		return nil, fmt.Errorf("timeZone: %w", err)
	}
	out := map[string]any{}
	for _, name := range []string{"startTime", "endTime"} {
		v, ok := parameters[name]
		if !ok {
			continue
		}
		s, _ := v.(string)
		ns, err := moment(s, loc)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = ns
	}
	if len(out) == 0 {
		return nil, errors.New("has neither startTime nor endTime")
	}
	return out, nil
}

func zoneOf(parameters map[string]any) (*time.Location, error) {
	v, ok := parameters["timeZone"]
	if !ok {
		return time.UTC, nil
	}
	name, _ := v.(string)
	return zone(name)
}

// RFC 0103's sample writes "2019-07-01T18:00" and "2019-08-01".
var (
	dateAlone  = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	noSeconds  = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d)(Z|[+-]\d\d:\d\d)?$`)
	withoutUTC = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$`)
)

// moment reads a full RFC 3339 date-time; one without seconds or zone, which
// are :00 and UTC; or a date, which begins at 00:00 in loc.
func moment(s string, loc *time.Location) (int64, error) {
	if dateAlone.MatchString(s) {
		day, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return 0, errInstant
		}
		return nanoseconds(dayStart(day, loc))
	}
	s = noSeconds.ReplaceAllString(s, "$1:00$2")
	if withoutUTC.MatchString(s) {
		s += "Z"
	}
	return Instant(s)
}
