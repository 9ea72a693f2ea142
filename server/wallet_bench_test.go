package server_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/server/store/sqlite"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/keys"
)

// BenchmarkWalletGet gets a sealed item of 2 KiB through the channel: opened,
// asked of the policy, claimed and audited on disk (synchronous=FULL), sealed. Each
// of 64 clients has a session of its own, of one of 16 accounts, over keep-alive.
func BenchmarkWalletGet(b *testing.B) {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "procura.db"), testKey)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	h := settled(b, s, func(c *server.Config) { c.Rate = server.Rate{PerSecond: -1}; c.LoginRate = c.Rate })
	const accounts, each = 16, 4
	var desks []*desk
	items := map[*desk]keys.ID{}
	for n := range accounts {
		name := fmt.Sprint("ann", n)
		first := h.withPartition(name)
		i := &client.Item{Item: keys.Item{Kind: "credential"}, Content: make([]byte, 2<<10)}
		if err := first.part.Add(b.Context(), i); err != nil {
			b.Fatal(err)
		}
		for range each {
			d := h.desk(h.holder(server.DefaultTenant), name)
			d.part = first.part
			desks, items[d] = append(desks, d), i.ID
		}
	}
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = len(desks)
	took := make(chan []time.Duration, len(desks))
	var all sync.WaitGroup
	b.ResetTimer()
	for _, d := range desks {
		all.Go(func() { took <- gets(b.Context(), b, d, items[d], b.N/len(desks)+1) })
	}
	all.Wait()
	b.StopTimer()
	close(took)
	var times []time.Duration
	for each := range took {
		times = append(times, each...)
	}
	slices.Sort(times)
	b.ReportMetric(float64(len(times))/b.Elapsed().Seconds(), "gets/s")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "ms-p99")
	b.ReportMetric(0, "ns/op")
}

// gets are the client's side: its sealing and opening are on the same two cores.
func gets(ctx context.Context, b *testing.B, d *desk, id keys.ID, n int) (took []time.Duration) {
	part := d.part.ID()
	path := "partitions/" + b64url(part[:]) + "/items/" + b64url(id[:])
	for range n {
		begun := time.Now()
		if err := d.Do(ctx, http.MethodGet, path, nil, nil); err != nil {
			b.Error(err)
			return took
		}
		took = append(took, time.Since(begun))
	}
	return took
}
