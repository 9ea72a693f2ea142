package main

import (
	"net/url"
	"testing"
)

// Clients in browsers and elsewhere bind passwords to one text.
func TestOrigin(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://wallet.example":             "https://wallet.example",
		"https://Wallet.Example:443/procura": "https://wallet.example",
		"http://127.0.0.1:8080":              "http://127.0.0.1:8080",
		"http://wallet.example:80/":          "http://wallet.example",
		"http://wallet.example:443":          "http://wallet.example:443",
		"https://[::443]:443":                "https://[::443]",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := origin(u); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}
