package server

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/procura-dev/procura/trustframeworks"
)

// A route is one call: who may make it, how long its body may be (0: the
// server's limit), and what answers it. openapi.yaml describes each.
type route struct {
	method, path string
	door         door
	body         int64
	answer       func(*gin.Context) error
}

func (s *Server) routes() []route {
	var (
		verifiers = door{RoleVerifier}
		admins    = door{RoleAdmin}
		authors   = door{RoleAuthor}
		wallets   = door{RoleWalletServer}
		auditors  = door{RoleAuditor}
		issuers   = door{RoleIssuer}
		edges     = door{RoleVerifier, RoleAuthor, RoleWalletServer} // who pulls bundles to decide by
		anyone    = door{}                                           // without a token, rate-limited
	)
	const get, put, post, del = http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete
	routes := []route{
		{get, "/livez", anyone, 0, s.live},
		{get, "/readyz", anyone, 0, s.ready},
		{get, "/openapi.yaml", anyone, 0, s.openAPI},

		{post, "/v1/challenges", verifiers, 0, s.openChallenge},
		{get, "/v1/challenges/:id", verifiers, 0, s.getChallenge},
		{del, "/v1/challenges/:id", verifiers, 0, s.closeChallenge},
		{post, "/v1/challenges/:id/presentations", verifiers, 0, s.present},
		{del, "/v1/challenges/:id/presentations/:pid", verifiers, 0, s.takeBack},
		{post, "/v1/evaluations", verifiers, 0, s.evaluate},
		{get, "/v1/decisions/:id", verifiers, 0, s.getDecision},

		{post, "/credentials/verify", verifiers, 0, s.verifyCredential},
		{post, "/presentations/verify", verifiers, 0, s.verifyPresentation},
		{post, "/challenges", verifiers, 0, s.newChallenge},

		{post, "/credentials/issue", issuers, 0, s.issueCredential},
		{post, "/credentials/derive", issuers, 0, s.deriveCredential},
		{post, "/credentials/status", issuers, 0, s.updateStatus},
		{post, "/presentations", issuers, 0, s.provePresentation},
		{post, "/presentations/prove", issuers, 0, s.provePresentation},
		{post, "/v1/credentials/status", issuers, 16 * s.cfg.MaxBody, s.changeStatuses},
		{get, "/public/:tenant/status-lists/:id", anyone, 0, s.getStatusList},

		{post, "/access/v1/evaluation", wallets, 0, s.decideAccess},
		{post, "/access/v1/evaluations", wallets, 0, s.decideAccesses},
		{post, "/access/v1/search/subject", wallets, 0, s.searchSubjects},
		{post, "/access/v1/search/resource", wallets, 0, s.searchResources},
		{post, "/access/v1/search/action", wallets, 0, s.searchActions},
		{post, "/:tenant/access/v1/evaluation", wallets, 0, ofTenant(s.decideAccess)},
		{post, "/:tenant/access/v1/evaluations", wallets, 0, ofTenant(s.decideAccesses)},
		{post, "/:tenant/access/v1/search/subject", wallets, 0, ofTenant(s.searchSubjects)},
		{post, "/:tenant/access/v1/search/resource", wallets, 0, ofTenant(s.searchResources)},
		{post, "/:tenant/access/v1/search/action", wallets, 0, ofTenant(s.searchActions)},
		{get, "/.well-known/authzen-configuration", anyone, 0, s.getMetadata},
		{get, "/.well-known/authzen-configuration/:tenant", anyone, 0, s.getMetadata},
		{get, "/bundles/keys", anyone, 0, s.getKeys},
		{post, "/logs", edges, 0, s.fileLogs},
		{get, "/logs", auditors, 0, s.getLogs},
		{post, "/status", edges, maxReport, s.fileStatus},
		{get, "/status", auditors, 0, s.getStatus},
		{get, "/bundles/withdrawn.json", anyone, 0, s.getWithdrawn},
		{get, "/bundles/:name", anyone, 0, s.getBundles},
		{get, "/bundles/:name/:version", anyone, 0, s.getBundles},
		{put, "/v1/entities", wallets, 16 * s.cfg.MaxBody, s.putEntities},
		{put, "/v1/entities/:type/:id", wallets, 0, s.putEntity},

		{get, "/v1/policysets", door{RoleAuthor, RoleAdmin}, 0, s.listPolicySets},
		{get, "/v1/policysets/active", door{RoleAuthor, RoleAdmin}, 0, s.getActive(GateAccess)},
		{put, "/v1/policysets/active", admins, 0, s.putActive(GateAccess)},
		{get, "/v1/policysets/wallet", door{RoleAuthor, RoleAdmin}, 0, s.getActive(GateWallet)},
		{put, "/v1/policysets/wallet", admins, 0, s.putActive(GateWallet)},
		{del, "/v1/policysets/wallet", admins, 0, s.dropActive},
		{get, "/v1/policysets/:name/:version", door{RoleAuthor, RoleAdmin}, 0, s.getPolicySet},
		{put, "/v1/policysets/:name/:version", authors, trustframeworks.MaxArchive, s.putPolicySet},

		{put, "/v1/registries/:name", admins, 16 * s.cfg.MaxBody, s.putRegistry},
		{get, "/v1/registries/:name", admins, 0, s.getRegistry},

		{put, "/v1/frameworks/:name/:version", authors, trustframeworks.MaxArchive, s.putFramework},
		{post, "/v1/frameworks/:name/:version/withdrawal", authors, 0, s.withdraw},
		{post, "/v1/frameworks/:name/transfer", admins, 0, s.transfer},

		{get, "/v1/frameworks", anyone, 0, s.listFrameworks},
		{get, "/v1/frameworks/:name", anyone, 0, s.listVersions},
		{get, "/v1/frameworks/:name/:version", anyone, 0, s.getFramework},
		{get, "/v1/frameworks/:name/:version/context.jsonld", anyone, 0, s.getContext},
		{get, "/v1/frameworks/:name/:version/contexts/:digest", anyone, 0, s.getListedContext},
		{get, "/v1/frameworks/:name/:version/schemas/:variant", anyone, 0, s.getSchema},
		{get, "/v1/frameworks/:name/:version/bundle.tar.gz", anyone, 0, s.getBundle},

		{get, "/public/:tenant/bundles/withdrawn.json", anyone, 0, s.getWithdrawn},
		{get, "/public/:tenant/bundles/:name", anyone, 0, s.getBundles},
		{get, "/public/:tenant/bundles/:name/:version", anyone, 0, s.getBundles},
		{get, "/public/:tenant/v1/frameworks", anyone, 0, s.listFrameworks},
		{get, "/public/:tenant/v1/frameworks/:name", anyone, 0, s.listVersions},
		{get, "/public/:tenant/v1/frameworks/:name/:version", anyone, 0, s.getFramework},
		{get, "/public/:tenant/v1/frameworks/:name/:version/context.jsonld", anyone, 0, s.getContext},
		{get, "/public/:tenant/v1/frameworks/:name/:version/contexts/:digest", anyone, 0, s.getListedContext},
		{get, "/public/:tenant/v1/frameworks/:name/:version/schemas/:variant", anyone, 0, s.getSchema},
		{get, "/public/:tenant/v1/frameworks/:name/:version/bundle.tar.gz", anyone, 0, s.getBundle},
	}
	if s.cfg.Wallets != nil {
		routes = append(routes, s.walletRoutes()...)
		routes = append(routes, s.adminRoutes()...)
	}
	return routes
}

// walletRoutes are those of a holder who has no session yet.
func (s *Server) walletRoutes() []route {
	const base = "/v1/t/:tenant/wallet"
	anyone := door{}
	return []route{
		{http.MethodGet, base + "/opaque", anyone, 0, s.getWalletOffer},
		{http.MethodPost, base + "/registrations", anyone, maxOpaque, s.beginRegistration},
		{http.MethodPut, base + "/registrations/:ticket", anyone, maxOpaque, s.completeRegistration},
		{http.MethodPost, base + "/sessions", anyone, maxOpaque, s.beginLogin},
		{http.MethodPut, base + "/sessions", anyone, maxOpaque, s.completeLogin},
		{http.MethodPost, base + "/recoveries", anyone, maxOpaque, s.recoverAccount},
		{http.MethodPut, base + "/recoveries/:ticket", anyone, maxOpaque, s.completeRecovery},
		{http.MethodPost, base + "/channel", channelDoor, maxChannel, s.speak},
	}
}

// maxOpaque bounds a body of OPAQUE's, in bytes.
const maxOpaque = 8 << 10

// mount puts the routes behind what every call passes: first its id and its
// line in the log, then limits, then the door.
func (s *Server) mount() *gin.Engine {
	gin.SetMode(gin.ReleaseMode) // its debug mode writes to stdout
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.UseRawPath, e.UnescapePathValues = true, false // a name may hold an escaped character; see unescape
	e.ForwardedByClientIP = false                    // anybody can write X-Forwarded-For
	e.Use(s.observe)
	e.NoRoute(s.counted(errNoRoute))
	e.NoMethod(s.counted(errNoMethod))
	for _, r := range s.routes() {
		e.Handle(r.method, r.path, s.limitBody(r.body), s.handle(unescape), s.handle(s.admit(r.door)), s.handle(s.announced(r.body)), s.handle(r.answer))
	}
	return e
}

// unescape reads the values in a path. gin would read them as those of a query,
// and make a space of "+".
func unescape(c *gin.Context) error {
	if c.Request.URL.RawPath == "" {
		return nil // net/url did
	}
	for i, p := range c.Params {
		value, err := url.PathUnescape(p.Value)
		if err != nil {
			return errNoRoute
		}
		c.Params[i].Value = value
	}
	return nil
}

// handle makes a step of an answer that may fail; what fails ends the answer.
func (s *Server) handle(step func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := step(c); err != nil {
			s.refuse(c, err)
			c.Abort()
		}
	}
}
