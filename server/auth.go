package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/verifier"
)

// A door is the roles that it opens for; an empty one is open to all, whose
// calls are counted where they show no token.
type door []Role

// admit finds whose token a call shows, and whether the door opens for it.
func (s *Server) admit(d door) func(*gin.Context) error {
	return func(c *gin.Context) error {
		token, shown := bearer(c)
		if !shown {
			if len(d) > 0 {
				return errNoToken
			}
			return s.count(c)
		}
		client, err := s.known.client(c.Request.Context(), token.Digest(), func() (func(), error) { return s.reserve(c) })
		if errors.Is(err, ErrUnknownClient) {
			return errNoToken
		}
		if err != nil {
			return fmt.Errorf("looking for a client: %w", err)
		}
		c.Set(keyClient, client)
		if len(d) > 0 && !slices.Contains(d, client.Role) {
			return errDoor
		}
		return nil
	}
}

// bearer is the token that a call shows (RFC 6750, section 2.1). Any other
// kind of authorization is a token that is nobody's.
func bearer(c *gin.Context) (Token, bool) {
	header := c.GetHeader("Authorization")
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", header != ""
	}
	return Token(strings.TrimSpace(token)), true
}

// caller is the client that made a call; false for one without a token.
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
