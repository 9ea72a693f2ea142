package server

import (
	"sync"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
)

// stood is a permit that was given just now.
type stood struct {
	id        string
	input     map[string]any
	at, until time.Time
}

// standings remember permits for a moment, by the proxy that they are of: a change of
// what its owner says makes another. It is safe for concurrent use.
type standings struct {
	mu   sync.Mutex
	kept map[keys.ID]*stood
}

// maxStood bounds what is remembered.
const maxStood = 10_000

func (s *standings) last(of keys.ID, now time.Time) *stood {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.kept[of]
	if d == nil || now.Before(d.at) || !now.Before(d.until) {
		return nil
	}
	return d
}

func (s *standings) keep(of keys.ID, d *stood, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) >= maxStood {
		for id, old := range s.kept {
			if !now.Before(old.until) {
				delete(s.kept, id)
			}
		}
	}
	if s.kept == nil || len(s.kept) >= maxStood {
		s.kept = map[keys.ID]*stood{}
	}
	s.kept[of] = d
}
