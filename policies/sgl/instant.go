package sgl

import (
	"strings"
	"time"
)

// parseInstant reads a full RFC 3339 date-time (section 5.6, "date-time") as
// seconds since 1970 and the digits of the fraction without trailing zeros.
// The pair orders as the instants do, for every year of RFC 3339 and any number
// of digits; nanoseconds in 64 bits end in 2262.
func parseInstant(s string) (second int64, fraction string, ok bool) {
	if !shapedAsInstant(s) {
		return 0, "", false
	}
	f, ok := fields(s, [][3]int{{0, 4, 9999}, {5, 7, 12}, {8, 10, 31}, {11, 13, 23}, {14, 16, 59}, {17, 19, 60}})
	if !ok {
		return 0, "", false
	}
	fraction, zone, ok := cutFraction(s[19:])
	if !ok {
		return 0, "", false
	}
	offset, ok := parseOffset(zone)
	if !ok {
		return 0, "", false
	}
	day := time.Date(f[0], time.Month(f[1]), f[2], 0, 0, 0, 0, time.UTC)
	if f[1] == 0 || day.Day() != f[2] || int(day.Month()) != f[1] {
		return 0, "", false
	}
	second = day.Unix() + int64(f[3]*3600+f[4]*60+f[5]) - offset
	if f[5] == 60 && !endsHalfYear(second) {
		return 0, "", false
	}
	return second, fraction, true
}

// shapedAsInstant checks what stands between the fields of "2006-01-02T15:04:05Z".
func shapedAsInstant(s string) bool {
	return len(s) >= len("2006-01-02T15:04:05Z") && s[4] == '-' && s[7] == '-' &&
		(s[10] == 'T' || s[10] == 't') && s[13] == ':' && s[16] == ':'
}

// fields reads decimal fields at {from, to, largest}.
func fields(s string, at [][3]int) ([]int, bool) {
	out := make([]int, len(at))
	for i, f := range at {
		for _, c := range []byte(s[f[0]:f[1]]) {
			if c < '0' || c > '9' {
				return nil, false
			}
			out[i] = out[i]*10 + int(c-'0')
		}
		if out[i] > f[2] {
			return nil, false
		}
	}
	return out, true
}

// cutFraction splits ".250Z" into "25" and "Z".
func cutFraction(s string) (fraction, zone string, ok bool) {
	if !strings.HasPrefix(s, ".") {
		return "", s, true
	}
	digits := s[1:]
	end := strings.IndexFunc(digits, func(c rune) bool { return c < '0' || c > '9' })
	if end <= 0 {
		return "", "", false
	}
	return strings.TrimRight(digits[:end], "0"), digits[end:], true
}

// parseOffset reads "Z" or "+05:30" as seconds east of UTC.
func parseOffset(zone string) (int64, bool) {
	if zone == "Z" || zone == "z" {
		return 0, true
	}
	if len(zone) != len("+05:30") || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' {
		return 0, false
	}
	f, ok := fields(zone, [][3]int{{1, 3, 23}, {4, 6, 59}})
	if !ok {
		return 0, false
	}
	offset := int64(f[0]*3600 + f[1]*60)
	if zone[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// endsHalfYear reports whether a second 60 that counts as the given next second
// may exist: RFC 3339 section 5.7 has it "at the end of months in which a leap
// second occurs -- to date: June or December".
func endsHalfYear(next int64) bool {
	t := time.Unix(next, 0).UTC()
	return t.Day() == 1 && (t.Month() == time.January || t.Month() == time.July) &&
		t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0
}
