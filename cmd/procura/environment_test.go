package main

import (
	"strings"
	"testing"
)

// A mistyped variable is refused, with the name that it resembles; what sets
// another command, or is not meant for us, is not.
func TestKnownVariables(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"PROCURA_LISTEN=127.0.0.1:1":                            "",
		"PROCURA_CONFIG=settings.yaml":                          "",
		"PROCURA_TOKEN=of another command":                      "",
		"PROCURA_TOKEN_FILE=of another command":                 "",
		"PROCURA_TEST_POSTGRES=postgres://":                     "",
		"PROCURA=x":                                             "",
		"PATH=/bin":                                             "",
		"PROCURA_SERVICE_HOST=10.0.0.1":                         "",
		"PROCURA_SERVICE_PORT=8080":                             "",
		"PROCURA_SERVICE_PORT_HTTP=8080":                        "",
		"PROCURA_PORT=tcp://10.0.0.1:8080":                      "",
		"PROCURA_PORT_8080_TCP=tcp://10.0.0.1:8080":             "",
		"PROCURA_PORT_8080_TCP_ADDR=10.0.0.1":                   "",
		"PROCURA_EDGE_SERVICE_HOST=of the service procura-edge": "",

		"PROCURA_LISTN=127.0.0.1:1": "PROCURA_LISTEN",
		"PROCURA_KEYFILE=key":       "PROCURA_KEY_FILE",
		"PROCURA_DATABSE=postgres:": "PROCURA_DATABASE",
		"PROCURA_TLS_CRT=a.pem":     "PROCURA_TLS_CERT",
		"PROCURA_listen=a":          "PROCURA_",
		"PROCURA_PORT=8080":         "PROCURA_",
		"PROCURA_=":                 "PROCURA_",
		"PROCURA_HELP=true":         "PROCURA_",
	} {
		err := knownVariables(root(), []string{"HOME=/", entry})
		name, _, _ := strings.Cut(entry, "=")
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v, want none", entry, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), "sets "+name+",") || !strings.Contains(err.Error(), "is "+want)):
			t.Errorf("%s: %v, want it refused, and %s named", entry, err, want)
		}
	}
}

func TestLetters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"kitten", "sitting", 3}, {"listen", "listn", 1}, {"ab", "ba", 2}} {
		if got := letters(c.a, c.b); got != c.want {
			t.Errorf("from %q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
