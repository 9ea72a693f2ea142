package server

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/policies/authz"
)

// accessMetadata says what a wallet server finds here (AuthZEN, "Policy Decision
// Point Metadata"; the obligations profile, "Discovery").
type accessMetadata struct {
	PDP          string   `json:"policy_decision_point"`
	Evaluation   string   `json:"access_evaluation_endpoint"`
	Evaluations  string   `json:"access_evaluations_endpoint"`
	Subjects     string   `json:"search_subject_endpoint"`
	Resources    string   `json:"search_resource_endpoint"`
	Actions      string   `json:"search_action_endpoint"`
	Obligations  []string `json:"supported_obligations"`
	Keys         string   `json:"jwks_uri"`
	Issuer       string   `json:"iss,omitempty"` // in what is signed alone
	SignedBundle string   `json:"signed_metadata,omitempty"`
}

// getMetadata answers what a wallet server finds here, of a tenant where one is
// named. Whether there is such a tenant it does not say.
func (s *Server) getMetadata(c *gin.Context) error {
	base := s.base(c.Request)
	pdp := base
	if tenant := c.Param("tenant"); tenant != "" {
		if err := CheckTenant(tenant); err != nil {
			return errors.Join(errUnknown, err)
		}
		pdp += "/" + tenant
	}
	at := pdp + "/access/v1/"
	m := accessMetadata{
		PDP: pdp, Evaluation: at + "evaluation", Evaluations: at + "evaluations",
		Subjects: at + "search/subject", Resources: at + "search/resource", Actions: at + "search/action",
		Obligations: authz.Obligations, Keys: base + "/bundles/keys",
	}
	if s.cfg.URL != "" { // else a caller says who we are, and that is not ours to sign
		signed := m
		signed.Issuer = pdp
		var err error
		if m.SignedBundle, err = s.cfg.Signing.Sign(c.Request.Context(), "JWT", signed); err != nil {
			return err
		}
	}
	return write(c, http.StatusOK, m)
}

// ofTenant lets a call pass whose path names its client's tenant; what is
// another's is not there.
func ofTenant(answer func(*gin.Context) error) func(*gin.Context) error {
	return func(c *gin.Context) error {
		if c.Param("tenant") != who(c).Tenant {
			return errUnknown
		}
		return answer(c)
	}
}
