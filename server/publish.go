package server

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/analyze"
)

// The media types of archives.
const (
	mediaGzip = "application/gzip"
	mediaTar  = "application/x-tar"
)

// publishTime is how long compiling what is published and running its tests may
// take, where nothing else is said.
const publishTime = 30 * time.Second

// A publication is the answer to an author: what is published, or would be.
type publication struct {
	Name string `json:"name"`
	URI  string `json:"uri"`
	frameworkVersion
	DryRun   bool                      `json:"dryRun,omitempty"`
	Findings []trustframeworks.Finding `json:"findings,omitempty"` // advice, when it is proved: not of what is published already
}

// putFramework publishes, or with ?dryRun=true says what would come of it.
func (s *Server) putFramework(c *gin.Context) error {
	client, _ := caller(c)
	q, err := readPublishing(c.Request.URL.Query())
	if err != nil {
		return err
	}
	version, err := trustframeworks.CanonicalVersion(c.Param("version"))
	if err != nil {
		return errors.Join(errUnknown, err)
	}
	raw, _, err := readBody(c, mediaYAML, mediaJSON, mediaGzip, mediaTar)
	if err != nil {
		return err
	}
	var advice []trustframeworks.Finding
	d := Draft{
		Tenant: client.Tenant, Owner: client.ID, Public: q.public, Source: raw, Name: c.Param("name"), Version: version,
		Told: func(found []trustframeworks.Finding) { advice = found },
	}
	p, fresh, err := s.cfg.Catalogue.offer(c.Request.Context(), d, q.dry)
	switch {
	case err != nil:
		return err
	case q.given && p.Public != q.public:
		return ErrVisibility
	}
	return write(c, published(fresh && !q.dry), publication{p.Name, p.URI, versionOf(p), q.dry, advice})
}

func published(fresh bool) int {
	if fresh {
		return http.StatusCreated
	}
	return http.StatusOK
}

// offer publishes what an author sent, or only checks it. It returns what is
// published then, or would be.
func (k *Catalogue) offer(ctx context.Context, d Draft, dry bool) (*Published, bool, error) {
	done, err := k.proving.take(ctx)
	if err != nil {
		return nil, false, err
	}
	defer done()
	limit := cmp.Or(k.PublishTime, publishTime)
	short, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	p, fresh, err := k.take(short, d, dry)
	if err != nil && ctx.Err() == nil && short.Err() != nil {
		return nil, false, &Findings{analyze.Advised([]trustframeworks.Finding{{Line: 1, Column: 1, Code: analyze.CodeSlow,
			Message: "compiling the framework and running its tests takes longer than " + limit.String()}})}
	}
	return p, fresh, err
}

func (k *Catalogue) take(ctx context.Context, d Draft, dry bool) (*Published, bool, error) {
	if dry {
		p, err := k.Check(ctx, d)
		return p, false, err
	}
	n, err := k.Publish(ctx, d)
	if err != nil {
		return nil, false, err
	}
	if e := k.find(d.Tenant, d.Name, d.Version); e != nil {
		return &e.Published, n > 0, nil
	}
	return nil, false, errors.New("what was published is not on the shelf")
}

// publishing is what the query of a PUT says.
type publishing struct{ dry, public, given bool }

// readPublishing refuses what it does not know: a misspelt dryRun publishes.
func readPublishing(query url.Values) (p publishing, err error) {
	for name, values := range query {
		known := map[string][]string{"dryRun": {"true", "false"}, "visibility": {visibilityOf(false), visibilityOf(true)}}[name]
		if len(values) != 1 || !slices.Contains(known, values[0]) {
			return p, faulty(name, "takes dryRun=true or false, and visibility=tenant or public, each once")
		}
	}
	return publishing{dry: query.Get("dryRun") == "true", public: query.Get("visibility") == "public", given: query.Has("visibility")}, nil
}
