package server

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/trustframeworks"
)

// A policySetVersion is one version, as it is listed.
type policySetVersion struct {
	Name        string    `json:"name"`
	Version     string    `json:"version"`
	Digest      string    `json:"digest"`
	PublishedAt time.Time `json:"publishedAt"`
}

type policySetList struct {
	PolicySets []policySetVersion `json:"policySets"`
}

// activeAnswer is what GET and PUT of a gate answer.
type activeAnswer struct {
	Name     string `json:"name,omitempty"` // absent where none is active, and of the shipped set
	Version  string `json:"version,omitempty"`
	Revision int64  `json:"revision"` // 0: none was ever active
}

// putPolicySet publishes, or with ?dryRun=true only checks.
func (s *Server) putPolicySet(c *gin.Context) error {
	client, _ := caller(c)
	dry := c.Request.URL.RawQuery == "dryRun=true"
	if !dry && c.Request.URL.RawQuery != "" {
		return faulty("query", "takes dryRun=true, and nothing else")
	}
	set, err := policySetNamed(c.Param("name"), c.Param("version"))
	if err != nil {
		return err
	}
	if set.Source, _, err = readBody(c, mediaGzip, mediaTar); err != nil {
		return err
	}
	set.Tenant, set.Owner, set.PublishedAt = client.Tenant, client.ID, s.publishedAt()
	fresh, err := s.cfg.PolicySets.Publish(c.Request.Context(), set, dry)
	if err != nil {
		return err
	}
	if dry {
		return write(c, http.StatusOK, map[string]bool{"dryRun": true})
	}
	if set, err = s.cfg.PolicySets.Store.PolicySet(c.Request.Context(), set.Tenant, set.Folded, set.Version); err != nil {
		return err
	}
	return write(c, published(fresh), listed(set))
}

func listed(p *PublishedSet) policySetVersion {
	return policySetVersion{p.Name, p.Version, p.Digest, p.PublishedAt}
}

func policySetNamed(name, version string) (*PublishedSet, error) {
	canonical, err := trustframeworks.CanonicalVersion(version)
	if err := errors.Join(err, trustframeworks.CheckFrameworkName(name)); err != nil {
		return nil, errors.Join(ErrUnknownPolicySet, err)
	}
	return &PublishedSet{Name: name, Folded: trustframeworks.FoldName(name), Version: canonical}, nil
}

func (s *Server) listPolicySets(c *gin.Context) error {
	sets, err := s.cfg.PolicySets.Store.PolicySets(c.Request.Context(), who(c).Tenant)
	if err != nil {
		return err
	}
	list := policySetList{[]policySetVersion{}}
	for i := range sets {
		list.PolicySets = append(list.PolicySets, listed(&sets[i]))
	}
	return write(c, http.StatusOK, list)
}

// getPolicySet answers the archive of one version, as it was signed.
func (s *Server) getPolicySet(c *gin.Context) error {
	named, err := policySetNamed(c.Param("name"), c.Param("version"))
	if err != nil {
		return err
	}
	set, err := s.cfg.PolicySets.Store.PolicySet(c.Request.Context(), who(c).Tenant, named.Folded, named.Version)
	if err != nil {
		return err
	}
	if err := s.cfg.PolicySets.verify(c.Request.Context(), set); err != nil {
		return err
	}
	c.Data(http.StatusOK, mediaTar, set.Source)
	return nil
}

// getActive answers what is active at a gate in this process.
func (s *Server) getActive(gate Gate) func(*gin.Context) error {
	return func(c *gin.Context) error {
		active := s.cfg.PolicySets.of(gate, who(c).Tenant)
		switch {
		case active == nil:
			return writeActive(c, &PublishedSet{}, 0)
		case active.Shipped():
			return writeActive(c, &PublishedSet{}, active.Revision)
		}
		set, err := s.cfg.PolicySets.Store.PolicySet(c.Request.Context(), active.Tenant, active.Folded, active.Version)
		if err != nil {
			return err
		}
		return writeActive(c, set, active.Revision)
	}
}

func writeActive(c *gin.Context, set *PublishedSet, revision int64) error {
	c.Header("ETag", `"`+strconv.FormatInt(revision, 10)+`"`)
	return write(c, http.StatusOK, activeAnswer{set.Name, set.Version, revision})
}

// putActive activates a published version at a gate, in the place of what If-Match
// names.
func (s *Server) putActive(gate Gate) func(*gin.Context) error {
	return func(c *gin.Context) error {
		revision, err := replaced(c)
		if err != nil {
			return err
		}
		set, err := readActive(c)
		if err != nil {
			return err
		}
		return s.activate(c, gate, set, revision+1)
	}
}

// dropActive has the shipped set gate the tenant's wallets again.
func (s *Server) dropActive(c *gin.Context) error {
	revision, err := replaced(c)
	if err != nil {
		return err
	}
	return s.activate(c, GateWallet, &PublishedSet{}, revision+1)
}

func (s *Server) activate(c *gin.Context, gate Gate, set *PublishedSet, revision int64) error {
	a := Activation{Gate: gate, Tenant: who(c).Tenant, Folded: set.Folded, Version: set.Version, Revision: revision}
	if err := s.cfg.PolicySets.Activate(c.Request.Context(), a); err != nil {
		return err
	}
	return writeActive(c, set, revision)
}

// replaced is the revision that If-Match names.
func replaced(c *gin.Context) (int64, error) {
	match := c.GetHeader("If-Match")
	if match == "" {
		return 0, errNoPrecondition
	}
	revision, err := strconv.ParseInt(unquoted(match), 10, 64)
	if err != nil || revision < 0 {
		return 0, ErrPolicySetActive
	}
	return revision, nil
}

// unquoted is what stands in the quotes of a strong entity tag.
func unquoted(tag string) string {
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return ""
	}
	return tag[1 : len(tag)-1]
}

func readActive(c *gin.Context) (*PublishedSet, error) {
	tree, _, err := readJSON(c)
	if err != nil {
		return nil, err
	}
	m, ok := tree.(map[string]any)
	name, isName := m["name"].(string)
	version, isVersion := m["version"].(string)
	if !ok || !isName || !isVersion || len(m) != 2 {
		return nil, faulty("", "must be an object of name and version")
	}
	return policySetNamed(name, version)
}
