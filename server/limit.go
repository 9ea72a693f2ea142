package server

import (
	"cmp"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"
)

// A Rate bounds calls: so many a second, and as many as Burst at once. Its zero
// value is the default of what it bounds.
type Rate struct {
	PerSecond float64 // negative: no bound
	Burst     int     // 1 at least
}

// The defaults: of calls from one address that show no proof of who makes them,
// and of one client's. A tenant's are not bounded by default.
var (
	defaultAddressRate = Rate{PerSecond: 20, Burst: 60}
	defaultClientRate  = Rate{PerSecond: 5_000, Burst: 10_000}
	defaultLoginRate   = Rate{PerSecond: 200, Burst: 400}
	noRate             = Rate{PerSecond: -1, Burst: 1}
)

// maxCounted bounds what is remembered. What is beyond shares one count.
const maxCounted = 10_000

// A limiter counts calls by address, client or tenant. It is safe for
// concurrent use.
type limiter[K comparable] struct {
	rate Rate
	now  func() time.Time

	mu     sync.Mutex
	counts map[K]*rate.Limiter
	rest   *rate.Limiter
}

func newLimiter[K comparable](r, otherwise Rate, now func() time.Time) *limiter[K] {
	l := &limiter[K]{rate: cmp.Or(r, otherwise), now: now, counts: map[K]*rate.Limiter{}}
	l.rest = l.fresh()
	return l
}

func (l *limiter[K]) fresh() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(l.rate.PerSecond), l.rate.Burst)
}

// count counts one call; one too many is a [*tooMany]. What it returns takes
// that back.
func (l *limiter[K]) count(by K) (back func(), err error) {
	if l.rate.PerSecond < 0 {
		return func() {}, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	call := l.of(by, now).ReserveN(now, 1)
	back = func() { call.CancelAt(now) }
	wait := call.DelayFrom(now)
	if wait == 0 {
		return back, nil
	}
	back()
	return nil, &tooMany{after: wait}
}

func (l *limiter[K]) of(by K, now time.Time) *rate.Limiter {
	count, ok := l.counts[by]
	if ok {
		return count
	}
	if len(l.counts) >= maxCounted {
		l.forget(now)
	}
	if len(l.counts) >= maxCounted {
		return l.rest
	}
	count = l.fresh()
	l.counts[by] = count
	return count
}

// forget drops those whose count is as a new one's would be.
func (l *limiter[K]) forget(now time.Time) {
	for by, count := range l.counts {
		if count.TokensAt(now) >= float64(l.rate.Burst) {
			delete(l.counts, by)
		}
	}
}

// tooMany is an [errTooMany] that says when to come again.
type tooMany struct{ after time.Duration }

func (e *tooMany) Error() string { return errTooMany.Error() }
func (e *tooMany) Unwrap() error { return errTooMany }

// seconds is Retry-After, at least 1.
func (e *tooMany) seconds() string {
	return strconv.Itoa(max(1, int(min(math.Ceil(e.after.Seconds()), 3600))))
}

// count refuses a call from an address that made too many.
func (s *Server) count(c *gin.Context) error {
	_, err := s.reserve(c)
	return err
}

// reserve counts as [Server.count] does, and lets that be taken back.
func (s *Server) reserve(c *gin.Context) (back func(), err error) {
	return s.open.count(s.origin(c.Request))
}

// counted answers with err, which costs its caller a call.
func (s *Server) counted(err error) gin.HandlerFunc {
	return s.handle(func(c *gin.Context) error { return cmp.Or(s.count(c), err) })
}

// countClient refuses a call of a client, or of a tenant, that made too many.
func (s *Server) countClient(client *Client) error {
	if _, err := s.byClient.count(client.ID); err != nil {
		return err
	}
	_, err := s.byTenant.count(client.Tenant)
	return err
}

// origin is where a call came from: the connection's address or, where that is
// a proxy that the operator trusts, the last address in X-Forwarded-For that is
// none.
func (s *Server) origin(r *http.Request) netip.Prefix {
	from := addressOf(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusts(from); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		from = hop.Unmap().WithZone("")
	}
	return network(from)
}

func (s *Server) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(s.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// addressOf is the address of a connection; the zero one of a Unix socket.
func addressOf(remote string) netip.Addr {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

// network is an address; of IPv6 the network, which one caller has to itself.
func network(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	prefix, _ := a.Prefix(bits) // bits fit the address; the zero one has none
	return prefix
}

// limitBody bounds how much of a body is read.
func (s *Server) limitBody(most int64) gin.HandlerFunc {
	most = cmp.Or(most, s.cfg.MaxBody)
	return func(c *gin.Context) {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, most)
	}
}

// announced refuses a body that says itself that it is too large before any of
// it is sent: who expects to be told to continue need not send it.
func (s *Server) announced(most int64) func(*gin.Context) error {
	most = cmp.Or(most, s.cfg.MaxBody)
	return func(c *gin.Context) error {
		if c.Request.ContentLength > most {
			return tooLarge(most)
		}
		return nil
	}
}
