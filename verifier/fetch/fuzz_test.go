package fetch

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"
)

// What a host says of its answer's life: never negative, never longer for an age
// or for one directive more, and nothing once it must not be kept or what it says
// of its age cannot be read.
func FuzzLife(f *testing.F) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	stamp := now.Format(http.TimeFormat)
	for _, control := range []string{"", "max-age=60", `max-age="60", must-revalidate`, "no-store", "max-age=99999999999", "max-age=-1,s-maxage=5"} {
		f.Add(control, "", "", "", "")
		f.Add(control, "30", now.Add(time.Hour).Format(http.TimeFormat), stamp, "no-cache")
		f.Add(control, "99999999999", "0", now.Add(-time.Hour).Format(http.TimeFormat), "")
	}
	f.Fuzz(func(t *testing.T, control, aged, expires, date, pragma string) {
		h := http.Header{"Cache-Control": {control}, "Age": {aged}, "Expires": {expires}, "Date": {date}, "Pragma": {pragma}}
		l := lifeOf(h, now)
		if l.For < 0 || !l.Stated && l.For != 0 || l.Or(time.Hour) > time.Hour {
			t.Errorf("%v lives %+v", h, l)
		}
		if _, err := strconv.ParseUint(aged, 10, 31); aged != "" && err != nil && l.For > 0 {
			t.Errorf("%v lives %v, and its age cannot be read", h, l.For)
		}
		younger := h.Clone()
		younger.Del("Age")
		if y := lifeOf(younger, now); y.For < l.For {
			t.Errorf("%v lives %v, without its age %v", h, l.For, y.For)
		}
		h["Cache-Control"] = []string{control, "no-store"}
		if kept := lifeOf(h, now); !kept.Stated || kept.For != 0 {
			t.Errorf("%v lives %+v, and must not be kept", h, kept)
		}
	})
}

// A host that is fetched is the one that a URL's reader finds there, and is no
// address.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{"example.com", "example.com:8443", "127.0.0.1", "0x7f.1", "a.1", "xn--bcher-kva.example", "a..b", "a.b.", "a.b:0443", "[::1]", "user@a.b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if CheckHost(host) != nil {
			return
		}
		u, err := url.Parse("https://" + host + "/did.json")
		if err != nil || u.Host != host || u.User != nil || u.Path != "/did.json" {
			t.Errorf("%q is read as %v (%v)", host, u, err)
		}
		if _, err := checked(u.String()); err != nil {
			t.Errorf("%q is a host, and its URL is refused: %v", host, err)
		}
	})
}
