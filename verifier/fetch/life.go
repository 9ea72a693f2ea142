package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Life is how long an answer may be used without asking again, by its
// headers (RFC 9111, "Calculating Freshness Lifetime"). Unstated, the caller
// decides.
type Life struct {
	For    time.Duration // from the asking; not negative
	Stated bool
}

// Or is the life, at most the limit; the limit where none is stated.
func (l Life) Or(limit time.Duration) time.Duration {
	if l.Stated {
		return min(l.For, limit)
	}
	return limit
}

// maxETag bounds what we keep, and send back, of a host's choosing.
const maxETag = 256

// etag is a strong validator: a weak one says "much the same", which a DID
// document is not.
func etag(h http.Header) string {
	tag := h.Get("ETag")
	if len(tag) > maxETag || len(tag) < 2 || tag[0] != '"' || strings.Count(tag, `"`) != 2 {
		return ""
	}
	return tag
}

// lifeOf reads an answer's headers. What cannot be read makes it stale at once.
func lifeOf(h http.Header, now time.Time) Life {
	l := directives(h)
	if !l.Stated {
		l = expires(h, now)
	}
	if l.Stated {
		l.For = max(0, l.For-age(h, now))
	}
	return l
}

// directives reads Cache-Control: the shortest that it says.
func directives(h http.Header) (l Life) {
	shortest := func(d time.Duration) {
		if !l.Stated || d < l.For {
			l = Life{For: d, Stated: true}
		}
	}
	for _, part := range strings.Split(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "=")
		switch strings.TrimSpace(name) {
		case "no-store", "no-cache":
			shortest(0)
		case "max-age", "s-maxage":
			shortest(seconds(value))
		}
	}
	if h.Get("Vary") == "*" || !l.Stated && strings.Contains(strings.ToLower(h.Get("Pragma")), "no-cache") {
		shortest(0)
	}
	return l
}

// expires reads Expires against Date.
func expires(h http.Header, now time.Time) Life {
	text := h.Get("Expires")
	if text == "" {
		return Life{}
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return Life{Stated: true} // "0" above all
	}
	return Life{For: min(max(0, until.Sub(date(h, now))), maxLife), Stated: true}
}

// age is how long ago the host made the answer: very long, where it says so in a
// way that cannot be read.
func age(h http.Header, now time.Time) time.Duration {
	apparent := max(0, now.Sub(date(h, now)).Truncate(time.Second))
	text := h.Get("Age")
	if _, err := strconv.ParseUint(text, 10, 31); text != "" && err != nil {
		return maxLife
	}
	return max(apparent, seconds(text))
}

func date(h http.Header, now time.Time) time.Time {
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		return t
	}
	return now
}

// maxLife bounds what a header can say, so that sums do not overflow.
const maxLife = 365 * 24 * time.Hour

func seconds(text string) time.Duration {
	n, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(text), `"`), 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxLife)
}
