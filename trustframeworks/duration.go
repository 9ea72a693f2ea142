package trustframeworks

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// A Duration is an ISO 8601 duration as written: P30D, PT5M, P1DT12H, P2W.
// Years and months have no fixed length and are refused.
type Duration string

// ErrDuration is what [Duration.Length] wraps.
var ErrDuration = errors.New("not an ISO 8601 duration of weeks, days, hours, minutes, seconds")

var isoDuration = regexp.MustCompile(`^P(?:([0-9]+)W|(?:([0-9]+)D)?(T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(\.[0-9]{1,9})?S)?)?)$`)

// Length returns the duration, from 0 to some 292 years.
func (d Duration) Length() (time.Duration, error) {
	m := isoDuration.FindStringSubmatch(string(d))
	if m == nil || d[len(d)-1] == 'P' || d[len(d)-1] == 'T' {
		return 0, fmt.Errorf("%q: %w", string(d), ErrDuration)
	}
	units := []struct {
		text string
		unit time.Duration
	}{{m[1], 7 * 24 * time.Hour}, {m[2], 24 * time.Hour}, {m[4], time.Hour}, {m[5], time.Minute}, {m[6], time.Second}}
	total := fraction(m[7])
	for _, u := range units {
		n, err := count(u.text, u.unit)
		if err != nil || total > math.MaxInt64-n {
			return 0, fmt.Errorf("%q is too long: %w", string(d), ErrDuration)
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
