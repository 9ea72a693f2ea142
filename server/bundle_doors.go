package server

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/trustframeworks"
)

// mediaBundles is the media type of a bundle that tells OPA that it may wait for
// changes.
const mediaBundles = "application/vnd.openpolicyagent.bundles"

const suffix = ".tar.gz"

// getBundles answers with a signed bundle, as OPA's bundle service does: with
// Prefer: wait=N, once it is another than the caller has, or after N seconds.
func (s *Server) getBundles(c *gin.Context) error {
	of, err := s.chosen(c)
	if err != nil {
		return err
	}
	made, err := s.edge.get(c.Request.Context(), of)
	if err != nil {
		return err
	}
	wait := preferred(c.GetHeader("Prefer"))
	if wait > 0 && has(c.GetHeader("If-None-Match"), made.tag) {
		if made, err = s.turned(c, made, wait); err != nil {
			return err
		}
	}
	c.Header("Cache-Control", "no-cache")
	media := mediaGzip
	if wait > 0 {
		media = mediaBundles
	}
	if has(c.GetHeader("If-None-Match"), made.tag) {
		c.Header("Content-Type", media)
		return unchanged(c, made.tag)
	}
	c.Header("ETag", made.tag)
	c.Data(http.StatusOK, media, made.body)
	return nil
}

// chosen reads from the path what a bundle is to hold: a version, the versions of a
// name, in a ?range= of them, or all.
func (s *Server) chosen(c *gin.Context) (choice, error) {
	name, version := c.Param("name"), c.Param("version")
	last := &name
	if version != "" {
		last = &version
	}
	var ok bool
	if *last, ok = strings.CutSuffix(*last, suffix); !ok {
		return choice{}, errUnknown
	}
	within, err := rangeOf(c)
	if err != nil {
		return choice{}, err
	}
	of := choice{key: strings.Join([]string{who(c).Tenant, c.Param("tenant"), name, version}, "\n"), holds: within}
	if version != "" {
		exact, err := trustframeworks.CanonicalVersion(version)
		if err != nil {
			return choice{}, ErrUnknownFramework
		}
		of.holds = func(v string) bool { return v == exact && within(v) }
	}
	found := name == "all"
	var without strings.Builder // versions: the texts of a range are many
	for _, e := range s.readable(c) {
		if name == "all" || e.Name == name {
			of.known = append(of.known, e)
			if !of.holds(e.Version) {
				fmt.Fprintf(&without, "\n%d", e.Seq)
				continue
			}
			found = true
		}
	}
	of.key += without.String()
	if !found {
		return choice{}, ErrUnknownFramework
	}
	return of, nil
}

// waitWanted finds the preference in a header (RFC 7240, section 4.3). OPA parts
// its preferences by semicolons.
var waitWanted = regexp.MustCompile(`(?:^|[,;\s])wait=([0-9]{1,6})(?:$|[,;\s])`)

// preferred is how long a caller likes to wait, up to [maxWait]; 0: not at all.
func preferred(header string) time.Duration {
	found := waitWanted.FindStringSubmatch(header)
	if found == nil {
		return 0
	}
	seconds, _ := strconv.Atoi(found[1]) // six digits
	return min(time.Duration(seconds)*time.Second, maxWait)
}

// turned waits until a bundle is another than the one had, and returns the one
// there is then, or after the wait, or when we stop.
func (s *Server) turned(c *gin.Context, had *madeBundle, wait time.Duration) (*madeBundle, error) {
	client := cmp.Or(who(c).Client, "from "+s.origin(c.Request).String())
	if err := s.waits.enter(client); err != nil {
		return nil, err
	}
	defer s.waits.leave(client)
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(wait + s.cfg.ReadTime)) // else the wait is shorter
	ctx, cancel := context.WithTimeout(c.Request.Context(), wait)
	defer cancel()
	for {
		turn := s.cfg.Catalogue.turn() // before it is looked at
		of, err := s.chosen(c)
		if err != nil {
			return nil, err
		}
		made, err := s.edge.get(c.Request.Context(), of)
		if err != nil || made.tag != had.tag {
			return made, err
		}
		again := time.NewTimer(max(made.until.Sub(s.cfg.Catalogue.now()), time.Second))
		select {
		case <-turn:
		case <-again.C:
		case <-s.draining:
			return made, nil
		case <-ctx.Done():
			return made, nil
		}
		again.Stop()
	}
}

type withdrawnList struct {
	AsOf      time.Time        `json:"asOf"` // when there were no more
	Withdrawn []withdrawnEntry `json:"withdrawn"`
}

type withdrawnEntry struct {
	Name       string      `json:"name"`
	Version    string      `json:"version"`
	Withdrawal *Withdrawal `json:"withdrawal"`
}

// getWithdrawn lists what is withdrawn, or will be, of what a caller may read.
func (s *Server) getWithdrawn(c *gin.Context) error {
	list := withdrawnList{AsOf: s.cfg.Verifier.Heard(), Withdrawn: []withdrawnEntry{}}
	for _, e := range s.readable(c) {
		if e.Withdrawal != nil {
			list.Withdrawn = append(list.Withdrawn, withdrawnEntry{e.Name, e.Version, e.Withdrawal})
		}
	}
	return write(c, http.StatusOK, list)
}
