package server

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
)

// A Rate bounds calls without a token, by address.
type Rate struct {
	PerSecond float64 // 0: 20
	Burst     int     // 0: 60
}

// maxAddresses bounds what is remembered. Addresses beyond share one count.
const maxAddresses = 10_000

// A limiter counts calls by address. It is safe for concurrent use.
type limiter struct {
	rate Rate
	now  func() time.Time

	mu     sync.Mutex
	counts map[netip.Prefix]*rate.Limiter
	rest   *rate.Limiter
}

func newLimiter(r Rate, now func() time.Time) *limiter {
	r.PerSecond, r.Burst = cmp.Or(r.PerSecond, 20), cmp.Or(r.Burst, 60)
	l := &limiter{rate: r, now: now, counts: map[netip.Prefix]*rate.Limiter{}}
	l.rest = l.fresh()
	return l
}

func (l *limiter) fresh() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)
}

// allow counts one call. What it returns takes that back.
func (l *limiter) allow(from netip.Prefix) (back func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	count, ok := l.counts[from]
	if !ok && len(l.counts) >= maxAddresses {
		l.forget(now)
	}
	switch {
	case ok:
	case len(l.counts) >= maxAddresses:
		count = l.rest
	default:
		count = l.fresh()
		l.counts[from] = count
	}
	r := count.ReserveN(now, 1)
	back = func() { r.CancelAt(now) }
	if !r.OK() || r.DelayFrom(now) > 0 {
		back()
		return nil, false
	}
	return back, true
}

// forget drops those whose count is as a new one's would be.
func (l *limiter) forget(now time.Time) {
	for from, count := range l.counts {
		if count.TokensAt(now) >= float64(l.rate.Burst) {
			delete(l.counts, from)
		}
	}
}

// count refuses a call from an address that made too many.
func (s *Server) count(c *gin.Context) error {
	_, err := s.reserve(c)
	return err
}

// reserve counts as [Server.count] does, and lets that be taken back.
func (s *Server) reserve(c *gin.Context) (back func(), err error) {
	back, ok := s.open.allow(origin(c.Request.RemoteAddr))
	if !ok {
		return nil, errTooMany
	}
	return back, nil
}

// counted answers with err, which costs its caller a call.
func (s *Server) counted(err error) gin.HandlerFunc {
	return s.handle(func(c *gin.Context) error { return cmp.Or(s.count(c), err) })
}

// origin is the address that a call came from; of IPv6 the network, which one
// caller has to itself.
func origin(remote string) netip.Prefix {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{} // a Unix socket: all in one
	}
	addr = addr.Unmap().WithZone("")
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	prefix, _ := addr.Prefix(bits) // bits fit the address
	return prefix
}

// limitBody bounds how much of a body is read.
func (s *Server) limitBody(most int64) gin.HandlerFunc {
	most = cmp.Or(most, s.cfg.MaxBody)
	return func(c *gin.Context) {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, most)
	}
}
