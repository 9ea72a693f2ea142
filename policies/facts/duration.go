package facts

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// ErrDuration is what [Duration] wraps.
var ErrDuration = errors.New("not an ISO 8601 duration of weeks, days, hours, minutes, seconds")

var isoDuration = regexp.MustCompile(`^P(?:([0-9]+)W|(?:([0-9]+)D)?(T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(\.[0-9]{1,9})?S)?)?)$`)

// Duration reads an ISO 8601 duration, P30D, PT5M, P1DT12H or P2W, as a length
// from 0 to some 292 years. Years and months have no fixed length and are
// refused.
func Duration(s string) (time.Duration, error) {
	m := isoDuration.FindStringSubmatch(s)
	if m == nil || s[len(s)-1] == 'P' || s[len(s)-1] == 'T' {
		return 0, fmt.Errorf("%q: %w", s, ErrDuration)
	}
	units := []struct {
		text string
		unit time.Duration
	}{{m[1], 7 * 24 * time.Hour}, {m[2], 24 * time.Hour}, {m[4], time.Hour}, {m[5], time.Minute}, {m[6], time.Second}}
	total := fraction(m[7])
	for _, u := range units {
		n, err := count(u.text, u.unit)
		if err != nil || total > math.MaxInt64-n {
			return 0, fmt.Errorf("%q is too long: %w", s, ErrDuration)
		}
		total += n
	}
	return total, nil
}

func count(text string, unit time.Duration) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > math.MaxInt64/int64(unit) {
		return 0, ErrDuration
	}
	return time.Duration(n) * unit, nil
}

// fraction reads ".25" as 250 ms.
func fraction(text string) time.Duration {
	if text == "" {
		return 0
	}
	digits := (text[1:] + "000000000")[:9]
	n, _ := strconv.ParseInt(digits, 10, 64) // nine digits always fit
	return time.Duration(n)
}

// lasting reads a parameter that is a duration above 0, in nanoseconds.
func lasting(v any) (int64, error) {
	s, _ := v.(string)
	d, err := Duration(s)
	if err != nil || d == 0 {
		return 0, errors.New("is no ISO 8601 duration of weeks, days, hours, minutes or seconds above 0")
	}
	return int64(d), nil
}
