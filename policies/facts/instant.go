package facts

import (
	"errors"
	"math"
	"time"
)

var errInstant = errors.New("is no RFC 3339 date-time")

var errRange = errors.New("lies outside the years 1678 to 2262")

// secondForm is a date and a time of day.
const secondForm = "0000-00-00T00:00:00"

// isDateTime holds a text against RFC 3339 section 5.6, date-time, in upper
// case. Go's parser takes more: hours of one digit, a comma before the fraction,
// offsets of a hundred hours.
func isDateTime(s string) bool {
	rest, ok := begins(s, secondForm)
	offset := afterFraction(rest)
	return ok && isOffset(offset) && (offset == "Z" || offset[1:3] <= "23" && offset[4] <= '5')
}

// Instant reads a full RFC 3339 date-time as nanoseconds since 1970. Digits
// below a nanosecond are cut off. A leap second is refused.
func Instant(s string) (int64, error) {
	if !isDateTime(s) {
		return 0, errInstant
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return 0, errInstant
	}
	return nanoseconds(t)
}

var earliest, latest = time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)

// nanoseconds refuses what would wrap around.
func nanoseconds(t time.Time) (int64, error) {
	if t.Before(earliest) || t.After(latest) {
		return 0, errRange
	}
	return t.UnixNano(), nil
}

// optional is nil for a text that is empty or no instant.
func optional(s string) *int64 {
	ns, err := Instant(s)
	if err != nil {
		return nil
	}
	return &ns
}
