package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// What a collection is worth: the server leaves a few MB of garbage a second at
// most, so that memory up to roomyBound is cheaper than collecting it. Beside
// it lie some 70 MB that are not Go's heap: the program and SQLite's caches.
const (
	roomyPercent = 400
	roomyBound   = 96 << 20 // bytes
)

// roomy lets garbage lie longer than Go would, until ctx is done, unless the
// operator sets GOGC or GOMEMLIMIT. The bound follows what is alive, since a
// bound near that would have Go collect without end.
func roomy(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(roomyPercent)
	debug.SetMemoryLimit(bound(alive()))
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				debug.SetMemoryLimit(bound(alive()))
			}
		}
	}()
}

// bound is where Go is to collect, whatever the percentage, for live bytes. It
// leaves them half their size again, so that a thousand frameworks stay below
// 200 MB in all.
func bound(live int64) int64 { return max(roomyBound, live+live/2+roomyBound/3) }

// alive is how many bytes the last collection left.
func alive() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0 // a Go without this metric
	}
	return int64(sample[0].Value.Uint64())
}
