package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/verifier"
)

// Registries keeps the lists of issuers and attesters that frameworks refer
// to. Its methods are safe for concurrent use, also by several processes.
type Registries interface {
	// PutRegistry replaces a list as a whole: readers see the old or the new.
	PutRegistry(ctx context.Context, tenant, name string, dids []string) error

	// Registry returns a list, sorted by byte; empty where there is none.
	Registry(ctx context.Context, tenant, name string) ([]string, error)
}

// maxDID bounds a DID that is listed, in bytes: what an index can hold.
const maxDID = 1024

// A registry is the body of PUT and the answer of GET.
type registry struct {
	DIDs []string `json:"dids"`
}

func (s *Server) putRegistry(c *gin.Context) error {
	name, err := registryName(c)
	if err != nil {
		return err
	}
	tree, _, err := readJSON(c)
	if err != nil {
		return err
	}
	dids, err := verifier.ReadRegistry(tree)
	if err != nil {
		return err
	}
	for i, did := range dids {
		if len(did) > maxDID {
			return faulty("/dids/"+strconv.Itoa(i), "must have at most %d bytes", maxDID)
		}
	}
	if err := s.cfg.Registries.PutRegistry(c.Request.Context(), who(c).Tenant, name, dids); err != nil {
		return err
	}
	return empty(c)
}

// A list that was never put is empty, as it is for a decision.
func (s *Server) getRegistry(c *gin.Context) error {
	name, err := registryName(c)
	if err != nil {
		return err
	}
	dids, err := s.cfg.Registries.Registry(c.Request.Context(), who(c).Tenant, name)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, registry{DIDs: dids})
}

func registryName(c *gin.Context) (string, error) {
	name := c.Param("name")
	if err := trustframeworks.CheckName(name); err != nil {
		return "", errors.Join(errUnknown, err)
	}
	return name, nil
}
