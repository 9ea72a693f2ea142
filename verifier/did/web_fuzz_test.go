package did

import (
	"net/url"
	"strings"
	"testing"
)

// One DID has one place, and one place one DID.
func FuzzWebURL(f *testing.F) {
	for _, seed := range []string{"example.com", "example.com%3A8443:issuers:camp", "example.com:..:a", "EXAMPLE.com", "example.com%3a1:x", "example.com:", "example.com:.well-known"} {
		f.Add(webPrefix + seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if !IsWeb(id) {
			return
		}
		text, host, wrong := webURL(id)
		if wrong != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.Host != host || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q lies at %q (%v)", id, text, err)
		}
		path := strings.TrimSuffix(u.Path, "/did.json")
		if path == "/.well-known" && !strings.HasSuffix(id, ":.well-known") {
			path = ""
		}
		again := webPrefix + strings.Replace(host, ":", "%3A", 1) + strings.ReplaceAll(path, "/", ":")
		if again != id {
			t.Errorf("%q lies at %q, where %q does", id, text, again)
		}
	})
}
