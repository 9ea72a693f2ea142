package fetch

import (
	"net/http"
	"testing"
	"time"
)

func TestLife(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	stated := func(d time.Duration) Life { return Life{For: d, Stated: true} }
	for _, c := range []struct {
		name    string
		headers []string
		want    Life
	}{
		{"nothing", nil, Life{}},
		{"max-age", []string{"Cache-Control", "public, max-age=60"}, stated(time.Minute)},
		{"in capitals", []string{"Cache-Control", "Max-Age=60"}, stated(time.Minute)},
		{"quoted", []string{"Cache-Control", `max-age="60"`}, stated(time.Minute)},
		{"two", []string{"Cache-Control", "max-age=60, max-age=5"}, stated(5 * time.Second)},
		{"two headers", []string{"Cache-Control", "max-age=60", "Cache-Control", "no-store"}, stated(0)},
		{"for shared caches", []string{"Cache-Control", "max-age=60, s-maxage=10"}, stated(10 * time.Second)},
		{"no-store", []string{"Cache-Control", "no-store"}, stated(0)},
		{"no-cache", []string{"Cache-Control", "max-age=60, no-cache"}, stated(0)},
		{"not for some fields", []string{"Cache-Control", `max-age=60, no-cache="Set-Cookie"`}, stated(0)},
		{"no number", []string{"Cache-Control", "max-age=soon"}, stated(0)},
		{"negative", []string{"Cache-Control", "max-age=-1"}, stated(0)},
		{"beyond numbers", []string{"Cache-Control", "max-age=99999999999999999999"}, stated(0)},
		{"very long", []string{"Cache-Control", "max-age=2000000000"}, stated(maxLife)},
		{"some of it spent", []string{"Cache-Control", "max-age=60", "Age", "50"}, stated(10 * time.Second)},
		{"all of it spent", []string{"Cache-Control", "max-age=60", "Age", "70"}, stated(0)},
		{"made a while ago", []string{"Cache-Control", "max-age=60", "Date", at(-40 * time.Second)}, stated(20 * time.Second)},
		{"made in the future", []string{"Cache-Control", "max-age=60", "Date", at(time.Hour)}, stated(time.Minute)},
		{"expires", []string{"Expires", at(time.Minute), "Date", at(0)}, stated(time.Minute)},
		{"expires by the host's clock", []string{"Expires", at(time.Hour + time.Minute), "Date", at(time.Hour)}, stated(time.Minute)},
		{"expired", []string{"Expires", at(-time.Minute)}, stated(0)},
		{"expires in centuries", []string{"Expires", at(3 * maxLife)}, stated(maxLife)},
		{"expires in centuries, of an age that cannot be read", []string{"Expires", at(3 * maxLife), "Age", "soon"}, stated(0)},
		{"expires is no date", []string{"Expires", "0"}, stated(0)},
		{"max-age over expires", []string{"Expires", at(time.Hour), "Cache-Control", "max-age=60"}, stated(time.Minute)},
		{"pragma", []string{"Pragma", "no-cache"}, stated(0)},
		{"varies by everything", []string{"Vary", "*", "Cache-Control", "max-age=60"}, stated(0)},
		{"an unknown directive", []string{"Cache-Control", "immutable"}, Life{}},
	} {
		h := http.Header{}
		for i := 0; i+1 < len(c.headers); i += 2 {
			h.Add(c.headers[i], c.headers[i+1])
		}
		if got := lifeOf(h, now); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	if got := (Life{}).Or(time.Hour); got != time.Hour {
		t.Errorf("unstated: %v", got)
	}
	if got := stated(2 * time.Hour).Or(time.Hour); got != time.Hour {
		t.Errorf("longer than the limit: %v", got)
	}
}

func TestETag(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{`"a"`: `"a"`, `W/"a"`: "", "a": "", "": "", `"`: "", `"a`: "", `"a"b"`: ""} {
		if got := etag(http.Header{"Etag": {tag}}); got != want {
			t.Errorf("etag(%q) = %q, want %q", tag, got, want)
		}
	}
}
