package server

import (
	_ "embed"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
)

//go:embed openapi.yaml
var openAPI []byte

// live says that the process answers.
func (s *Server) live(c *gin.Context) error {
	return write(c, http.StatusOK, map[string]string{"status": "ok"})
}

// ready says that it can decide: store and frameworks are there, and it is not
// about to stop.
func (s *Server) ready(c *gin.Context) error {
	if s.stopped.Load() {
		return errNotReady
	}
	if err := errors.Join(s.cfg.Sweeper.Ping(c.Request.Context()), s.cfg.Catalogue.ready()); err != nil {
		return errors.Join(errNotReady, err)
	}
	return write(c, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Server) openAPI(c *gin.Context) error {
	return artefact(c, &s.spec, mediaYAML, func() ([]byte, error) { return openAPI, nil })
}
