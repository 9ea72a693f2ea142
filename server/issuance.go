package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

// Issuance keeps those as whom we issue, the status lists that we publish, and
// what was issued with a place in them.
type Issuance interface {
	issuance.Profiles
	lifecycle.Ledger
	lifecycle.Register
	lifecycle.Shelf
}

// issuing issues, and publishes what became of that.
type issuing struct {
	store     Issuance
	issuer    *issuance.Issuer
	publisher *lifecycle.Publisher
}

func newIssuing(cfg *Config) *issuing {
	i := &issuing{store: cfg.Issuance}
	i.issuer = &issuance.Issuer{
		Profiles: cfg.Issuance, Now: cfg.Now,
		Places:   &lifecycle.Allotter{Ledger: cfg.Issuance, Now: cfg.Now, URL: func(tenant, list string) string { return listURL(cfg.URL, tenant, list) }},
		Contexts: func(tenant string) func(string) ([]byte, bool) { return cfg.Verifier.Library(tenant).Context },
	}
	i.publisher = &lifecycle.Publisher{Shelf: cfg.Issuance, Now: cfg.Now, Sign: i.issuer.SignList}
	return i
}

// listURL is where a list is found for ever: by the URL that the operator gave,
// never by one that a caller wrote.
func listURL(base, tenant, list string) string {
	if base == "" {
		return ""
	}
	return base + "/public/" + url.PathEscape(tenant) + "/status-lists/" + list
}

// issueCredential issues one credential as a profile of the caller.
func (s *Server) issueCredential(c *gin.Context) error {
	tree, _, err := readJSON(c)
	if err != nil {
		return err
	}
	r, err := issuance.ReadRequest(tree)
	if err != nil {
		return unissuable(err)
	}
	p, keys, err := s.profile(c, vc.Issuer(r.Credential), "wallet.credential.issue")
	if err != nil {
		return err
	}
	signed, err := s.issuing.issuer.Issue(c.Request.Context(), p, keys, r)
	if err != nil {
		return unissuable(err)
	}
	return write(c, http.StatusCreated, map[string]any{"verifiableCredential": enveloped(signed)})
}

// enveloped puts a vc+jwt into an envelope (VCDM 2.0, "Enveloped Verifiable
// Credentials"); all else stands as it is.
func enveloped(signed any) any {
	text, ok := signed.(string)
	if !ok {
		return signed
	}
	j, err := vc.ParseJWT(text)
	if err != nil || j.Header["typ"] != vc.FormatVCJOSE {
		return signed
	}
	return map[string]any{"@context": vc.ContextV2, "id": "data:application/vc+jwt," + text, "type": "EnvelopedVerifiableCredential"}
}

// provePresentation signs a presentation as a profile of the caller.
func (s *Server) provePresentation(c *gin.Context) error {
	tree, _, err := readJSON(c)
	if err != nil {
		return err
	}
	r, err := issuance.ReadProving(tree)
	if err != nil {
		return unissuable(err)
	}
	p, keys, err := s.profile(c, r.Holder, "wallet.presentation.prove")
	if err != nil {
		return err
	}
	signed, err := s.issuing.issuer.Prove(c.Request.Context(), p, keys, r)
	if err != nil {
		return unissuable(err)
	}
	return write(c, http.StatusCreated, map[string]any{"verifiablePresentation": signed})
}

// deriveCredential leaves of a credential what is to be shown. It takes no key.
func (s *Server) deriveCredential(c *gin.Context) error {
	tree, _, err := readJSON(c)
	if err != nil {
		return err
	}
	d, err := issuance.ReadDerivation(tree)
	if err != nil {
		return unissuable(err)
	}
	shown, err := d.Derive()
	if err != nil {
		return unissuable(err)
	}
	return write(c, http.StatusCreated, map[string]any{"verifiableCredential": shown})
}

// unissuable is a request that VCALM answers with 400.
func unissuable(err error) error {
	if r, ok := errors.AsType[*vc.Refusal](err); ok {
		return fmt.Errorf("%w: %w", errRequest, faulty(r.Path, "%s", r.Message))
	}
	return err
}

// profile is the one that issues as a DID, or the caller's only one where none
// is named, once the rules let the caller act as it.
func (s *Server) profile(c *gin.Context, did, action string) (*issuance.Profile, []issuance.Key, error) {
	if s.issuing == nil {
		return nil, nil, issuance.ErrUnknownProfile
	}
	ctx, by := c.Request.Context(), who(c)
	name := ""
	if did == "" {
		var err error
		if name, err = s.only(ctx, by); err != nil {
			return nil, nil, err
		}
	}
	p, keys, err := s.issuing.store.Keyring(ctx, by.Tenant, name, did)
	if err != nil {
		return nil, nil, err
	}
	err = s.permitted(ctx, question{by: by, action: action, profile: p})
	if p.Custody != issuance.Custodial && (err == nil || p.Client == by.Client) { // whatever a set permits
		err = lifecycle.ErrAttended
	}
	return p, keys, err
}

// only is the name of the caller's profile, where it has one.
func (s *Server) only(ctx context.Context, by verifier.Caller) (string, error) {
	names, err := s.issuing.store.NamesOf(ctx, by.Tenant, by.Client, 2)
	switch {
	case err != nil:
		return "", err
	case len(names) == 0:
		return "", issuance.ErrUnknownProfile
	case len(names) > 1:
		return "", fmt.Errorf("%w: %w", errRequest, faulty("/credential/issuer", "must be said: the client has several profiles"))
	}
	return names[0], nil
}

// getStatusList answers a list that we publish, to anybody.
func (s *Server) getStatusList(c *gin.Context) error {
	if s.issuing == nil {
		return lifecycle.ErrNoList
	}
	p, err := s.issuing.publisher.Get(c.Request.Context(), c.Param("tenant"), c.Param("id"))
	if err != nil {
		return err
	}
	left := max(0, s.issuing.publisher.Life()-s.cfg.Now().Sub(p.SignedAt))
	c.Header("Cache-Control", "public, max-age="+strconv.Itoa(int(left/time.Second)))
	media := listMedia(c.GetHeader("Accept"), p.Media)
	c.Header("Vary", "Accept")
	tag := `"` + strconv.FormatInt(p.Version, 36) + "-" + strconv.FormatInt(p.SignedAt.UnixNano(), 36) + strings.TrimPrefix(media, p.Media) + `"`
	if has(c.GetHeader("If-None-Match"), tag) {
		return unchanged(c, tag)
	}
	c.Header("ETag", tag)
	c.Data(http.StatusOK, media, p.Body)
	return nil
}

// listMedia is the media type in which a list is answered: its own, or where that
// is not accepted one that others read JSON-LD by, if it is that.
func listMedia(accept, media string) string {
	if media != "application/vc" && media != "application/vc+ld+json" {
		return media
	}
	return cmp.Or(accepted(accept, media, "application/ld+json", "application/json"), media)
}
