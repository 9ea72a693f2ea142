package server

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/verifier"
)

func (s *Server) evaluate(c *gin.Context) error {
	tree, raw, err := readJSON(c)
	if err != nil {
		return err
	}
	e, err := verifier.ReadEvaluation(tree)
	if err != nil {
		return err
	}
	e.Body = raw
	if e.Input, err = include(c); err != nil {
		return err
	}
	answer, err := s.cfg.Verifier.Evaluate(c.Request.Context(), who(c), e)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, answer)
}

func (s *Server) getDecision(c *gin.Context) error {
	answer, err := s.cfg.Verifier.Decision(c.Request.Context(), who(c), c.Param("id"))
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, answer)
}
