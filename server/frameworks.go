package server

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/goccy/go-yaml"

	"github.com/procura-dev/procura/trustframeworks"
)

// The media types of a framework document (RFC 9512 for YAML).
const mediaYAML = "application/yaml"

type frameworkList struct {
	Frameworks []frameworkVersions `json:"frameworks"`
}

type frameworkVersions struct {
	Name     string             `json:"name"`
	URI      string             `json:"uri"` // of the highest version
	Versions []frameworkVersion `json:"versions"`
}

type frameworkVersion struct {
	Version     string      `json:"version"`
	Digest      string      `json:"digest"`
	Visibility  string      `json:"visibility"` // tenant or public
	PublishedAt time.Time   `json:"publishedAt"`
	Withdrawal  *Withdrawal `json:"withdrawal,omitempty"`
}

// readable are the frameworks that a caller may read: those that its tenant
// decides by, or without a token the public ones of the default tenant. A path
// that names a tenant is for its public ones, whoever calls.
func (s *Server) readable(c *gin.Context) []*entry {
	tenant, named := c.Params.Get("tenant")
	if client, ok := caller(c); ok && !named {
		return s.cfg.Catalogue.of(client.Tenant)
	}
	tenant = cmp.Or(tenant, DefaultTenant)
	return slices.DeleteFunc(slices.Clone(s.cfg.Catalogue.of(tenant)), func(e *entry) bool { return !e.Public || e.Tenant != tenant })
}

func (s *Server) listFrameworks(c *gin.Context) error {
	return write(c, http.StatusOK, frameworkList{group(s.readable(c))})
}

// listVersions lists the versions of a name, or with ?range= those in it.
func (s *Server) listVersions(c *gin.Context) error {
	within, err := rangeOf(c)
	if err != nil {
		return err
	}
	for _, f := range group(s.readable(c)) {
		if f.Name == c.Param("name") {
			f.Versions = slices.DeleteFunc(f.Versions, func(v frameworkVersion) bool { return !within(v.Version) })
			return write(c, http.StatusOK, f)
		}
	}
	return ErrUnknownFramework
}

// rangeOf reads ?range=; without it every version is within.
func rangeOf(c *gin.Context) (within func(version string) bool, err error) {
	text, ok := c.GetQuery("range")
	if !ok {
		return func(string) bool { return true }, nil
	}
	r, err := trustframeworks.ParseRange(text)
	if err != nil {
		return nil, faulty("range", "is no range of versions, as ^1.2 is one")
	}
	return r.Match, nil
}

// group gathers the versions of each name. Entries come by name.
func group(entries []*entry) []frameworkVersions {
	list := []frameworkVersions{}
	for _, e := range entries {
		if len(list) == 0 || list[len(list)-1].Name != e.Name {
			list = append(list, frameworkVersions{Name: e.Name, URI: e.URI})
		}
		last := &list[len(list)-1]
		last.Versions = append(last.Versions, versionOf(&e.Published))
	}
	return list
}

func versionOf(p *Published) frameworkVersion {
	return frameworkVersion{p.Version, p.Digest, visibilityOf(p.Public), p.PublishedAt, p.Withdrawal}
}

func visibilityOf(public bool) string {
	if public {
		return "public"
	}
	return "tenant"
}

// named finds the version that a path names; "1.0" names 1.0.0.
func (s *Server) named(c *gin.Context) (*entry, error) {
	version, err := trustframeworks.CanonicalVersion(c.Param("version"))
	if err != nil {
		return nil, errors.Join(ErrUnknownFramework, err)
	}
	for _, e := range s.readable(c) {
		if e.Name == c.Param("name") && e.Version == version {
			return e, nil
		}
	}
	return nil, ErrUnknownFramework
}

func (s *Server) getFramework(c *gin.Context) error {
	e, err := s.named(c)
	if err != nil {
		return err
	}
	media := accepted(c.GetHeader("Accept"), mediaJSON, mediaYAML)
	if media == "" {
		return tell(errNotAccepted, "it can be had as %s or %s", mediaJSON, mediaYAML)
	}
	c.Header("Vary", "Accept")
	return artefact(c, e.tags, media, func() ([]byte, error) { return s.cfg.Catalogue.document(c.Request.Context(), e, media) })
}

// document returns the source as it was published, or in the other syntax.
func (k *Catalogue) document(ctx context.Context, e *entry, media string) ([]byte, error) {
	if media == e.MediaType {
		raw, err := k.Store.PublishedSource(ctx, e.Tenant, e.Folded, e.Version)
		if err != nil {
			return nil, err
		}
		source, found := trustframeworks.ReadSource(raw)
		if len(found) > 0 {
			return nil, fmt.Errorf("reading what was published: %v", found)
		}
		return source.Document, nil
	}
	compiled, err := k.readable(ctx, e)
	if err != nil {
		return nil, err
	}
	tree := compiled.Document.Tree()
	if media == mediaJSON {
		body, err := json.MarshalIndent(tree, "", "  ")
		return body, wrapDocument(err)
	}
	body, err := yaml.Marshal(tree)
	return body, wrapDocument(err)
}

func wrapDocument(err error) error {
	if err != nil {
		return fmt.Errorf("writing the document: %w", err)
	}
	return nil
}

func (s *Server) getContext(c *gin.Context) error {
	e, err := s.named(c)
	if err != nil {
		return err
	}
	return artefact(c, e.tags, "application/ld+json", func() ([]byte, error) { return e.Outline.Context, nil })
}

// getListedContext gives a context that the version lists, by its digest: whose
// address it has may be another's, who serves it there.
func (s *Server) getListedContext(c *gin.Context) error {
	e, err := s.named(c)
	if err != nil {
		return err
	}
	for _, l := range e.Outline.Listed {
		if c.Param("digest") == l.SHA256+".jsonld" {
			return artefact(c, e.tags, "application/ld+json", func() ([]byte, error) { return json.Marshal(l.Document) })
		}
	}
	return errUnknown
}

func (s *Server) getSchema(c *gin.Context) error {
	e, err := s.named(c)
	if err != nil {
		return err
	}
	if !e.release.HasVariant(c.Param("variant")) {
		return errUnknown
	}
	return artefact(c, e.tags, "application/schema+json", func() ([]byte, error) {
		compiled, err := s.cfg.Catalogue.readable(c.Request.Context(), e)
		if err != nil {
			return nil, err
		}
		return compiled.Schemas[c.Param("variant")].Credential, nil
	})
}

func (s *Server) getBundle(c *gin.Context) error {
	e, err := s.named(c)
	if err != nil {
		return err
	}
	return artefact(c, e.tags, "application/gzip", func() ([]byte, error) {
		return s.bundles.get(e, func() ([]byte, error) {
			compiled, err := s.cfg.Catalogue.readable(c.Request.Context(), e)
			if err != nil {
				return nil, err
			}
			return compiled.Tar()
		})
	})
}

// artefact answers with what does not change, or says that the caller has it.
func artefact(c *gin.Context, t *tags, media string, body func() ([]byte, error)) error {
	what := media + " " + c.Param("variant") + c.Param("digest")
	c.Header("Cache-Control", "no-cache")
	if tag := t.of(what); tag != "" && has(c.GetHeader("If-None-Match"), tag) {
		return unchanged(c, tag)
	}
	raw, err := body()
	if err != nil {
		return err
	}
	tag := t.remember(what, raw)
	if has(c.GetHeader("If-None-Match"), tag) {
		return unchanged(c, tag)
	}
	c.Header("ETag", tag)
	c.Data(http.StatusOK, media, raw)
	return nil
}

func unchanged(c *gin.Context, tag string) error {
	c.Header("ETag", tag)
	c.Status(http.StatusNotModified)
	c.Writer.WriteHeaderNow()
	return nil
}

// tags are the entity tags of what a version compiles to, by what it is: who has
// it is answered without making it again. The zero value is ready, and safe for
// concurrent use.
type tags struct{ held sync.Map }

func (t *tags) of(what string) string {
	tag, _ := t.held.Load(what)
	text, _ := tag.(string)
	return text
}

func (t *tags) remember(what string, body []byte) string {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	t.held.Store(what, tag)
	return tag
}

// has reports whether one of the tags is this one (RFC 9110, section 13.1.2).
func has(header, tag string) bool {
	for _, t := range strings.Split(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}

// mediaOf tells JSON from YAML: of the two only JSON's documents begin with a brace here.
func mediaOf(raw []byte) string {
	if source, found := trustframeworks.ReadSource(raw); len(found) == 0 && json.Valid(source.Document) {
		return mediaJSON
	}
	return mediaYAML
}
