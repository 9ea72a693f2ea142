package sqlite

import (
	"context"
	"time"
)

// A checkpoint copies what the write-ahead log holds into the file. One that a
// commit makes lets all wait who share that commit; so another connection makes
// them, now and then, and leaves little to the commit that finds the log full.
// PASSIVE waits for nobody and keeps nobody waiting
// (https://sqlite.org/wal.html, "Checkpointing").
const (
	checkpointEvery = 250 * time.Millisecond
	logPages        = "wal_autocheckpoint(8000)" // of 4 KiB: where a commit makes one itself
)

// checkpoints makes them until ctx is done, while there are commits.
func (s *Store) checkpoints(ctx context.Context) {
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for last := int64(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n := s.write.commits.Load(); n != last {
			last = n
			// It fails where it cannot now; the next one, or a commit, does what this one did not.
			_, _ = s.read.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
		}
	}
}
