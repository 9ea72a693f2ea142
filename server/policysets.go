package server

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/procura-dev/procura/policies/authz"
)

// PolicySets holds the policy set by which each tenant's wallet servers are
// answered. It is safe for concurrent use: a call keeps the set that it began
// with.
type PolicySets struct {
	mu     sync.Mutex // held by who changes
	active atomic.Pointer[map[string]*activeSet]
}

// An activeSet decides for one tenant.
type activeSet struct {
	engine *authz.Engine
}

// Activate has a tenant decided by an engine from now on.
func (p *PolicySets) Activate(tenant string, engine *authz.Engine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := map[string]*activeSet{}
	if now := p.active.Load(); now != nil {
		maps.Copy(next, *now)
	}
	next[tenant] = &activeSet{engine: engine}
	p.active.Store(&next)
}

// of returns what decides for a tenant; nil where nothing does.
func (p *PolicySets) of(tenant string) *activeSet {
	if now := p.active.Load(); now != nil {
		return (*now)[tenant]
	}
	return nil
}
