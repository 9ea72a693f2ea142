package facts

import (
	"errors"
	"fmt"
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

// moment reads a full RFC 3339 date-time; one without seconds or zone, which
// are :00 and UTC; or a date, which begins at 00:00 in loc.
func moment(s string, loc *time.Location) (int64, error) {
	if shaped(s, "0000-00-00") {
		day, err := time.Parse(time.DateOnly, s)
		if err != nil {
			return 0, errInstant
		}
		return nanoseconds(dayStart(day, loc))
	}
	s = withSeconds(s)
	if rest, ok := begins(s, secondForm); ok && afterFraction(rest) == "" {
		s += "Z"
	}
	return Instant(s)
}

// withSeconds adds ":00" to a date-time without seconds: RFC 0103's sample writes
// "2019-07-01T18:00".
func withSeconds(s string) string {
	offset, ok := begins(s, "0000-00-00T00:00")
	if !ok || offset != "" && !isOffset(offset) {
		return s
	}
	return s[:len(s)-len(offset)] + ":00" + offset
}
