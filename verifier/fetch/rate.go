package fetch

import (
	"sync"

	"golang.org/x/time/rate"
)

// What one host is asked, at most: we must not be the means to flood it.
const (
	perSecond = 10
	burst     = 20
	maxHosts  = 4096
)

// rates are the limits of each host.
type rates struct {
	mu     sync.Mutex
	byHost map[string]*rate.Limiter
}

func (r *rates) of(host string) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.byHost[host]; l != nil {
		return l
	}
	if len(r.byHost) >= maxHosts || r.byHost == nil {
		r.forget()
	}
	l := rate.NewLimiter(perSecond, burst)
	r.byHost[host] = l
	return l
}

// forget keeps the hosts that were asked a moment ago; where that makes no
// room, none.
func (r *rates) forget() {
	kept := map[string]*rate.Limiter{}
	for host, l := range r.byHost {
		if l.Tokens() < burst {
			kept[host] = l
		}
	}
	if len(kept) >= maxHosts {
		clear(kept)
	}
	r.byHost = kept
}
