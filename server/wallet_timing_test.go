package server_test

import (
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/postgres"
	"github.com/procura-dev/procura/server/store/postgres/postgrestest"
	"github.com/procura-dev/procura/wallet/session"
)

// How long a login takes tells nobody whether there is such a name: a thousand
// of one that there is among a thousand of one that there is not, compared by
// their ranks (Mann and Whitney). It fails at p < 0.001 twice running. A busy
// machine says nothing, so it is asked for: PROCURA_TIMING=1.
func TestWalletTimesAreNotTold(t *testing.T) {
	if os.Getenv("PROCURA_TIMING") == "" {
		t.Skip("PROCURA_TIMING=1 measures it, on a machine that does nothing else")
	}
	for name, open := range map[string]func(t *testing.T) store{
		"sqlite": func(t *testing.T) store { return openSQLite(t) },
		"postgres": func(t *testing.T) store {
			s, err := postgres.Open(t.Context(), postgrestest.New(t), testKey)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			unbound := server.Rate{PerSecond: -1, Burst: 1}
			h := build(t, open(t), func(c *server.Config) { c.Rate, c.LoginRate = unbound, unbound })
			h.registered("known")
			for running := 1; ; running++ {
				p := h.ranked(1000, uint64(running))
				t.Logf("p = %.4f", p)
				if p >= 0.001 {
					return
				}
				if running == 2 {
					t.Fatalf("p = %v, and below 0.001 before", p)
				}
			}
		})
	}
}

// ranked is how likely it is that n logins of either kind take as long as each other.
func (h *house) ranked(n int, seed uint64) float64 {
	h.Helper()
	l, err := session.BeginLogin("x")
	if err != nil {
		h.Fatal(err)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	took := map[string][]time.Duration{}
	for i := range n + 20 {
		names := []string{"known", "nobody"}
		random.Shuffle(2, func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			each := h.timed(name, l.KE1)
			if i >= 20 { // the first are slower
				took[name] = append(took[name], each)
			}
		}
		h.clock.move(25 * time.Hour) // tries count for a day
	}
	return mannWhitney(took["known"], took["nobody"])
}

func (h *house) timed(name string, ke1 []byte) time.Duration {
	h.Helper()
	r := httptest.NewRequestWithContext(h.Context(), http.MethodPost, "/v1/t/default/wallet/sessions", strings.NewReader(`{"name": "`+name+`", "ke1": "`+b64url(ke1)+`"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	began := time.Now()
	h.server.ServeHTTP(w, r)
	took := time.Since(began)
	if _, _ = io.Copy(io.Discard, w.Body); w.Code != http.StatusOK {
		h.Fatalf("%s: %d", name, w.Code)
	}
	return took
}

// mannWhitney is the two-sided p of the rank-sum test, by its normal form: of
// many values, few alike.
func mannWhitney(a, b []time.Duration) float64 {
	type value struct {
		took time.Duration
		of   int
	}
	var all []value
	for of, list := range [][]time.Duration{a, b} {
		for _, each := range list {
			all = append(all, value{each, of})
		}
	}
	slices.SortFunc(all, func(x, y value) int { return int(x.took - y.took) })
	ranks := 0.0
	for i := 0; i < len(all); {
		end := i
		for end < len(all) && all[end].took == all[i].took {
			end++
		}
		for _, each := range all[i:end] {
			if each.of == 0 {
				ranks += float64(i+1+end) / 2 // those alike share a rank
			}
		}
		i = end
	}
	n, m := float64(len(a)), float64(len(b))
	u := ranks - n*(n+1)/2
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

// The test itself must tell what differs from what does not.
func TestMannWhitney(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 8))
	draw := func(more float64) (out []time.Duration) {
		for range 1000 {
			out = append(out, time.Duration(random.ExpFloat64()*1000+random.NormFloat64()*10+more*100))
		}
		return out
	}
	if p := mannWhitney(draw(0), draw(0)); p < 0.01 {
		t.Errorf("of one kind: p = %v", p)
	}
	if p := mannWhitney(draw(0), draw(2)); p > 0.001 {
		t.Errorf("of two kinds: p = %v", p)
	}
	alike := slices.Repeat([]time.Duration{7}, 1000)
	if p := mannWhitney(alike, alike); p < 0.99 {
		t.Errorf("all alike: p = %v", p)
	}
}
