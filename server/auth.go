package server

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/verifier"
)

// A door is the roles that it opens for; an empty one is open to all, whose
// calls are counted where they show no proof of who they are.
type door []Role

// channelDoor opens by what is said behind it: whoever has a session's keys. See
// Server.speak, which counts the others.
var channelDoor = door{"session"}

func (d door) inside() bool { return len(d) == 1 && d[0] == channelDoor[0] }

// admit finds who makes a call, and whether the door opens for it.
func (s *Server) admit(d door) func(*gin.Context) error {
	if d.inside() {
		return func(*gin.Context) error { return nil }
	}
	return func(c *gin.Context) error {
		client, err := s.identify(c)
		switch {
		case errors.Is(err, errNoProof) && len(d) == 0:
			return s.count(c)
		case errors.Is(err, errNoProof):
			return errNoToken
		case errors.Is(err, ErrUnknownClient):
			c.Set(keyRefused, err)
			return errNoToken
		case err != nil:
			return fmt.Errorf("looking for a client: %w", err)
		}
		c.Set(keyClient, client)
		if err := s.countClient(client); err != nil {
			return err
		}
		if len(d) > 0 && !slices.Contains(d, client.Role) {
			return errDoor
		}
		return nil
	}
}

// errNoProof: a call does not say who makes it.
var errNoProof = errors.New("no token and no certificate")

// identify finds the client by its token, its certificate, or both, which must
// be of the same client. Whoever shows a proof that is nobody's, or two that
// differ, is [ErrUnknownClient].
func (s *Server) identify(c *gin.Context) (*Client, error) {
	token, shown := bearer(c)
	leaf := certificate(c)
	switch {
	case !shown && leaf == nil:
		return nil, errNoProof
	case !shown:
		return s.byCertificate(c, leaf)
	case strings.Count(string(token), ".") == 2:
		return s.byAccessToken(c, token, leaf)
	}
	is, err := s.find(c, proofKey{digest: token.Digest()}, func() (is sighting, err error) {
		is.client, err = s.cfg.Clients.ClientByToken(c.Request.Context(), token.Digest())
		return is, err
	})
	if err != nil || leaf == nil {
		return is.client, err
	}
	return s.sameAs(c, is.client, leaf)
}

// find finds whose proof it is; one that may be guessed is counted.
func (s *Server) find(c *gin.Context, key proofKey, look func() (sighting, error)) (sighting, error) {
	return s.known.find(key, look, func() (func(), error) { return s.reserve(c) })
}

// byCertificate finds the client that registered the key of a certificate
// which the handshake verified. A connection may outlive it.
func (s *Server) byCertificate(c *gin.Context, leaf *x509.Certificate) (*Client, error) {
	if s.cfg.Now().After(leaf.NotAfter) {
		return nil, ErrUnknownClient
	}
	key := DigestKey(leaf)
	is, err := s.find(c, proofKey{certificate: true, digest: key}, func() (is sighting, err error) {
		is.client, err = s.cfg.Clients.ClientByCertificate(c.Request.Context(), key)
		return is, err
	})
	return is.client, err
}

// sameAs holds a client that was found otherwise to the certificate of the
// connection.
func (s *Server) sameAs(c *gin.Context, client *Client, leaf *x509.Certificate) (*Client, error) {
	other, err := s.byCertificate(c, leaf)
	if err == nil && other.ID != client.ID {
		return nil, fmt.Errorf("token and certificate are of two clients: %w", ErrUnknownClient)
	}
	return other, err
}

// byAccessToken finds the client of an OAuth 2.0 access token. One that is
// bound to a certificate (RFC 8705, section 3) is held to it.
func (s *Server) byAccessToken(c *gin.Context, token Token, leaf *x509.Certificate) (*Client, error) {
	is, err := s.find(c, proofKey{digest: token.Digest()}, func() (is sighting, err error) {
		is.client, is.bound, err = s.cfg.Issuers.client(c.Request.Context(), token, s.cfg.Now())
		return is, err
	})
	switch {
	case err != nil:
		return nil, err
	case is.bound == nil && leaf == nil:
		return is.client, nil
	case is.bound == nil:
		return s.sameAs(c, is.client, leaf)
	case leaf == nil || s.cfg.Now().After(leaf.NotAfter) || sha256.Sum256(leaf.Raw) != *is.bound:
		return nil, refused("that is bound to another certificate")
	}
	return is.client, nil
}

// bearer is the token that a call shows (RFC 6750, section 2.1). Any other
// kind of authorization is a token that is nobody's.
func bearer(c *gin.Context) (Token, bool) {
	header := c.GetHeader("Authorization")
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || len(c.Request.Header.Values("Authorization")) > 1 {
		return "", header != ""
	}
	return Token(strings.TrimSpace(token)), true
}

// certificate is the one that the caller proved in the handshake; nil: none.
func certificate(c *gin.Context) *x509.Certificate {
	if t := c.Request.TLS; t != nil && len(t.VerifiedChains) > 0 {
		return t.PeerCertificates[0]
	}
	return nil
}

// caller is the client that made a call; false for one without a proof.
func caller(c *gin.Context) (*Client, bool) {
	v, _ := c.Get(keyClient)
	client, ok := v.(*Client)
	return client, ok
}

// who is the caller as the verifier knows it.
func who(c *gin.Context) verifier.Caller {
	client, ok := caller(c)
	if !ok {
		return verifier.Caller{} // of no tenant: nothing is its
	}
	return verifier.Caller{Tenant: client.Tenant, Client: client.ID, Domains: client.Domains}
}
