package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
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
	Version     string    `json:"version"`
	Digest      string    `json:"digest"`
	Visibility  string    `json:"visibility"` // tenant or public
	PublishedAt time.Time `json:"publishedAt"`
}

// readable are the frameworks that a caller may read: those that its tenant
// decides by, or without a token the public ones of the default tenant.
func (s *Server) readable(c *gin.Context) []*entry {
	if client, ok := caller(c); ok {
		return s.cfg.Catalogue.of(client.Tenant)
	}
	return slices.DeleteFunc(slices.Clone(s.cfg.Catalogue.of(DefaultTenant)), func(e *entry) bool { return !e.Public })
}

func (s *Server) listFrameworks(c *gin.Context) error {
	return write(c, http.StatusOK, frameworkList{group(s.readable(c))})
}

func (s *Server) listVersions(c *gin.Context) error {
	for _, f := range group(s.readable(c)) {
		if f.Name == c.Param("name") {
			return write(c, http.StatusOK, f)
		}
	}
	return ErrUnknownFramework
}

// group gathers the versions of each name. Entries come by name.
func group(entries []*entry) []frameworkVersions {
	list := []frameworkVersions{}
	for _, e := range entries {
		if len(list) == 0 || list[len(list)-1].Name != e.Name {
			list = append(list, frameworkVersions{Name: e.Name, URI: e.URI})
		}
		v := frameworkVersion{Version: e.Version, Digest: e.Digest, Visibility: "tenant", PublishedAt: e.PublishedAt}
		if e.Public {
			v.Visibility = "public"
		}
		last := &list[len(list)-1]
		last.Versions = append(last.Versions, v)
	}
	return list
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
		return errNotAccepted
	}
	body, err := s.cfg.Catalogue.document(c.Request.Context(), e, media)
	if err != nil {
		return err
	}
	c.Header("Vary", "Accept")
	return artefact(c, media, body)
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
	return artefact(c, "application/ld+json", e.Outline.Context)
}

func (s *Server) getSchema(c *gin.Context) error {
	e, err := s.named(c)
	if err != nil {
		return err
	}
	if !e.release.HasVariant(c.Param("variant")) {
		return errUnknown
	}
	compiled, err := s.cfg.Catalogue.readable(c.Request.Context(), e)
	if err != nil {
		return err
	}
	return artefact(c, "application/schema+json", compiled.Schemas[c.Param("variant")].Credential)
}

func (s *Server) getBundle(c *gin.Context) error {
	e, err := s.named(c)
	if err != nil {
		return err
	}
	body, err := s.bundles.get(e, func() ([]byte, error) {
		compiled, err := s.cfg.Catalogue.readable(c.Request.Context(), e)
		if err != nil {
			return nil, err
		}
		return compiled.Tar()
	})
	if err != nil {
		return err
	}
	return artefact(c, "application/gzip", body)
}

// artefact answers with what does not change, or says that the caller has it.
func artefact(c *gin.Context, media string, body []byte) error {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	c.Header("ETag", tag)
	c.Header("Cache-Control", "no-cache")
	if has(c.GetHeader("If-None-Match"), tag) {
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return nil
	}
	c.Data(http.StatusOK, media, body)
	return nil
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
