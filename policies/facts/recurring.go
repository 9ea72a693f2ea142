package facts

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const dayLength = int64(24 * time.Hour)

var errClock = errors.New("is no time of day: hh:mm or hh:mm:ss")

// recurring reads a recurring_time, and the wall time that its zone shows at
// now. A window whose end is not after its start ends on the day after. Without
// from and to it is the whole day, without days every day.
func recurring(parameters map[string]any, now int64) (map[string]any, error) {
	if err := known("recurring_time", parameters); err != nil {
		return nil, err
	}
	loc, err := zoneOf(parameters)
	if err != nil {
		return nil, fmt.Errorf("timeZone: %w", err)
	}
	days, err := daysOf(parameters["days"], parameters)
	if err != nil {
		return nil, fmt.Errorf("days: %w", err)
	}
	from, to, err := hoursOf(parameters)
	if err != nil {
		return nil, err
	}
	return map[string]any{"days": days, "from": from, "to": to, "local": wall(time.Unix(0, now).In(loc))}, nil
}

// wall is what a clock on the wall shows at t: the weekday, the weekday of the
// calendar day before, ns since 00:00, and the instant (ns since 1970) at which
// the zone sets its clocks next, where it ever does. Where a zone left out a
// day, the day before is the last one that was.
func wall(t time.Time) map[string]any {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	start := dayStart(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), t.Location())
	since := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
	out := map[string]any{
		"day":    t.Weekday().String(),
		"before": start.Add(-1).In(t.Location()).Weekday().String(),
		"time":   int64(since) + int64(t.Nanosecond()),
	}
	if ns, ok := clockSet(t); ok {
		out["changes"] = ns
	}
	return out
}

// clockSet is when a zone's clocks show another offset than at t.
func clockSet(t time.Time) (ns int64, ok bool) {
	_, offset := t.Zone()
	for {
		if _, t = bounds(t); t.IsZero() {
			return 0, false
		}
		at, err := nanoseconds(t)
		if err != nil {
			return 0, false
		}
		if _, other := t.Zone(); other != offset {
			return at, true
		}
	}
}

// weekdays are the spellings of a day: in English, its first three letters, or
// RFC 5545's two, in any case.
var weekdays = func() map[string]string {
	out := map[string]string{}
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := d.String()
		for _, n := range []int{2, 3, len(name)} {
			out[strings.ToLower(name[:n])] = name
		}
	}
	return out
}()

func daysOf(v any, parameters map[string]any) (map[string]any, error) {
	if _, given := parameters["days"]; !given {
		v = []any{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}
	}
	names, err := listed(v)
	if err != nil {
		return nil, err
	}
	days := make(map[string]any, len(names))
	for _, name := range names {
		day, ok := weekdays[strings.ToLower(name)]
		if !ok {
			return nil, fmt.Errorf("%q is no day: MO, Mon or Monday", name)
		}
		days[day] = true
	}
	return days, nil
}

func hoursOf(parameters map[string]any) (from, to int64, err error) {
	begin, begins := parameters["from"]
	end, ends := parameters["to"]
	if !begins && !ends && parameters["days"] != nil {
		return 0, dayLength, nil
	}
	if from, err = clock(begin); err != nil || from == dayLength {
		return 0, 0, fmt.Errorf("from: %w", errClock)
	}
	if to, err = clock(end); err != nil {
		return 0, 0, fmt.Errorf("to: %w", err)
	}
	if from == to {
		return 0, 0, errors.New("from and to are the same: a whole day is 00:00 to 24:00")
	}
	return from, to, nil
}

var timeOfDay = regexp.MustCompile(`^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$`)

// clock reads a time of day as ns since 00:00; 24:00 is the end of the day.
func clock(v any) (int64, error) {
	s, _ := v.(string)
	if s == "24:00" || s == "24:00:00" {
		return dayLength, nil
	}
	m := timeOfDay.FindStringSubmatch(s)
	if m == nil {
		return 0, errClock
	}
	total := int64(0)
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		n, _ := strconv.ParseInt(m[i+1], 10, 64) // two digits, or none: 0
		total += n * int64(unit)
	}
	return total, nil
}
