package server_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/wallet/session"
)

// BenchmarkWalletKE2 is the answer to KE1 by the server without its store, with
// it (SQLite, which counts the try durably), and over HTTP, in turns: the ratios
// are of one run.
func BenchmarkWalletKE2(b *testing.B) {
	unbound := server.Rate{PerSecond: -1, Burst: 1}
	var wallets *server.Wallet
	h := newHouse(b, func(c *server.Config) { c.Rate, c.LoginRate, wallets = unbound, unbound, c.Wallets })
	l, err := session.BeginLogin("x")
	if err != nil {
		b.Fatal(err)
	}
	record, err := wallets.Server.FakeRecord()
	if err != nil {
		b.Fatal(err)
	}
	ke1 := b64url(l.KE1)
	ways := []struct {
		name string
		do   func(name string) error
		took time.Duration
	}{
		{name: "alone", do: func(name string) error {
			_, _, err := wallets.Server.Login("default", name, record, l.KE1)
			return err
		}},
		{name: "with-store", do: func(name string) error {
			_, _, err := wallets.Login(b.Context(), "default", name, "", l.KE1)
			return err
		}},
		{name: "over-HTTP", do: func(name string) error {
			a := h.call("", http.MethodPost, "/v1/t/default/wallet/sessions", `{"name": "`+name+`", "ke1": "`+ke1+`"}`)
			if a.StatusCode != http.StatusOK {
				return fmt.Errorf("%d %s", a.StatusCode, a.body)
			}
			return nil
		}},
	}
	n := 0
	for ; b.Loop(); n++ {
		for i := range ways { // each name has ten tries
			began := time.Now()
			if err := ways[i].do(fmt.Sprintf("%s-%d", ways[i].name, n)); err != nil {
				b.Fatal(err)
			}
			ways[i].took += time.Since(began)
		}
	}
	for _, w := range ways {
		b.ReportMetric(float64(w.took.Microseconds())/float64(n), w.name+"-µs")
		b.ReportMetric(w.took.Seconds()/ways[0].took.Seconds(), w.name+"/alone")
	}
}
