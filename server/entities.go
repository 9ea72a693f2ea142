package server

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/vc"
)

// mediaLines is JSON, one value a line.
const mediaLines = "application/x-ndjson"

// maxEntities is how many entities one call may store.
const maxEntities = 10_000

// putEntity stores what is known of one entity, in the place of what was.
func (s *Server) putEntity(c *gin.Context) error {
	tree, _, err := readExact(c)
	if err != nil {
		return err
	}
	m, ok := tree.(map[string]any)
	if !ok {
		return faulty("", "must be an object")
	}
	m["type"], m["id"] = c.Param("type"), c.Param("id")
	e, err := readEntity("", m)
	if err != nil {
		return err
	}
	return s.store(c, []authz.Entity{e})
}

// putEntities stores what is known of many, all or none.
func (s *Server) putEntities(c *gin.Context) error {
	raw, _, err := readBody(c, mediaLines)
	if err != nil {
		return err
	}
	var list []authz.Entity
	for i, line := range bytes.Split(bytes.TrimRight(raw, "\n"), []byte("\n")) {
		at := "/" + strconv.Itoa(i)
		if i == maxEntities {
			return faulty(at, "there are more than %d lines", maxEntities)
		}
		tree, err := parse(line, vc.ParseExactJSON)
		if err != nil {
			return errors.Join(err, faulty(at, "is not the JSON that is read here"))
		}
		e, err := readEntity(at, tree)
		if err != nil {
			return err
		}
		list = append(list, e)
	}
	return s.store(c, list)
}

func (s *Server) store(c *gin.Context, list []authz.Entity) error {
	if err := s.cfg.Entities.PutEntities(c.Request.Context(), who(c).Tenant, list); err != nil {
		return err
	}
	return empty(c)
}

// readEntity reads {type, id, properties}, and nothing else.
func readEntity(path string, tree any) (authz.Entity, error) {
	r := &accessReader{}
	m, _ := tree.(map[string]any)
	for name := range m {
		if name != "type" && name != "id" && name != "properties" {
			r.fault(path+"/"+name, "is not a member here: known are type, id, properties")
		}
	}
	if m["properties"] == nil {
		r.fault(path+"/properties", "is required")
	}
	e := r.entity(path, tree)
	if len(r.faults) > 0 {
		return e, &verifier.Invalid{Faults: r.faults}
	}
	return e, nil
}
