package server_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/trustframeworks"
)

// A bodyDoor is a route that takes a body.
type bodyDoor struct {
	role   server.Role
	path   string
	syntax int // status of what is no JSON
	shape  int // status of JSON that is no object, or has members that nobody knows
	limit  int // bytes
	media  int // status of another media type; 0: 415
}

// bodyDoors are all of them, by method and route.
var bodyDoors = map[string]bodyDoor{
	"POST /v1/challenges":                                               {server.RoleVerifier, "/v1/challenges", 400, 422, 1 << 20, 0},
	"POST /v1/challenges/:id/presentations":                             {server.RoleVerifier, "/v1/challenges/x/presentations", 400, 422, 1 << 20, 0},
	"POST /v1/evaluations":                                              {server.RoleVerifier, "/v1/evaluations", 400, 422, 1 << 20, 0},
	"POST /credentials/verify":                                          {server.RoleVerifier, "/credentials/verify", 400, 400, 1 << 20, 0},
	"POST /presentations/verify":                                        {server.RoleVerifier, "/presentations/verify", 400, 400, 1 << 20, 0},
	"POST /credentials/issue":                                           {server.RoleIssuer, "/credentials/issue", 400, 400, 1 << 20, 0},
	"POST /credentials/derive":                                          {server.RoleIssuer, "/credentials/derive", 400, 400, 1 << 20, 0},
	"POST /credentials/status":                                          {server.RoleIssuer, "/credentials/status", 400, 400, 1 << 20, 0},
	"POST /presentations":                                               {server.RoleIssuer, "/presentations", 400, 400, 1 << 20, 0},
	"POST /presentations/prove":                                         {server.RoleIssuer, "/presentations/prove", 400, 400, 1 << 20, 0},
	"POST /v1/credentials/status":                                       {server.RoleIssuer, "/v1/credentials/status", 400, 422, 16 << 20, 0},
	"PUT /v1/registries/:name":                                          {server.RoleAdmin, "/v1/registries/x", 400, 422, 16 << 20, 0},
	"PUT /v1/frameworks/:name/:version":                                 {server.RoleAuthor, "/v1/frameworks/x/1.0.0", 422, 422, trustframeworks.MaxArchive, 0},
	"POST /v1/frameworks/:name/:version/withdrawal":                     {server.RoleAuthor, campPath + "/1.0.0/withdrawal", 400, 422, 1 << 20, 0},
	"POST /v1/frameworks/:name/transfer":                                {server.RoleAdmin, campPath + "/transfer", 400, 403, 1 << 20, 0},
	"POST /access/v1/evaluation":                                        {server.RoleWalletServer, "/access/v1/evaluation", 400, 400, 1 << 20, 400},
	"POST /access/v1/evaluations":                                       {server.RoleWalletServer, "/access/v1/evaluations", 400, 400, 1 << 20, 400},
	"POST /access/v1/search/subject":                                    {server.RoleWalletServer, "/access/v1/search/subject", 400, 400, 1 << 20, 400},
	"POST /access/v1/search/resource":                                   {server.RoleWalletServer, "/access/v1/search/resource", 400, 400, 1 << 20, 400},
	"POST /access/v1/search/action":                                     {server.RoleWalletServer, "/access/v1/search/action", 400, 400, 1 << 20, 400},
	"PUT /v1/entities/:type/:id":                                        {server.RoleWalletServer, "/v1/entities/user/x", 400, 422, 1 << 20, 0},
	"PUT /v1/policysets/active":                                         {server.RoleAdmin, "/v1/policysets/active", 428, 428, 1 << 20, 428}, // without If-Match
	"PUT /v1/wallet/accounts/:account/suspension":                       {server.RoleAdmin, "/v1/wallet/accounts/x/suspension", 400, 422, 1 << 20, 0},
	"POST /v1/wallet/accounts/:account/inspections":                     {server.RoleAdmin, "/v1/wallet/accounts/x/inspections", 400, 422, 1 << 20, 0},
	"PUT /v1/wallet/accounts/:account/inspections/:inspection/approval": {role: server.RoleAdmin}, // takes none
	"PUT /v1/policysets/wallet":                                         {server.RoleAdmin, "/v1/policysets/wallet", 428, 428, 1 << 20, 428},
	"PUT /v1/policysets/:name/:version":                                 {server.RoleAuthor, "/v1/policysets/x/1.0.0", 415, 415, trustframeworks.MaxArchive, 0}, // archives alone
	"PUT /v1/entities":                                                  {server.RoleWalletServer, "/v1/entities", 415, 415, 16 << 20, 0},                       // lines alone
	"POST /logs":                                                        {server.RoleVerifier, "/logs", 400, 422, 1 << 20, 0},
	"POST /status":                                                      {server.RoleVerifier, "/status", 400, 422, 128 << 10, 0},
	"POST /v1/t/:tenant/wallet/channel":                                 {role: "session"},           // CBOR: TestChannelRefuses
	"POST /challenges":                                                  {role: server.RoleVerifier}, // takes none
	"POST /v1/t/:tenant/wallet/registrations":                           {server.RoleVerifier, "/v1/t/default/wallet/registrations", 400, 422, 8 << 10, 0},
	"PUT /v1/t/:tenant/wallet/registrations/:ticket":                    {server.RoleVerifier, "/v1/t/default/wallet/registrations/x", 400, 422, 8 << 10, 0},
	"POST /v1/t/:tenant/wallet/sessions":                                {server.RoleVerifier, "/v1/t/default/wallet/sessions", 400, 422, 8 << 10, 0},
	"POST /v1/t/:tenant/wallet/recoveries":                              {server.RoleVerifier, "/v1/t/default/wallet/recoveries", 400, 422, 8 << 10, 0},
	"PUT /v1/t/:tenant/wallet/recoveries/:ticket":                       {server.RoleVerifier, "/v1/t/default/wallet/recoveries/x", 400, 422, 8 << 10, 0},
	"PUT /v1/t/:tenant/wallet/sessions":                                 {server.RoleVerifier, "/v1/t/default/wallet/sessions", 400, 422, 8 << 10, 0},
}

// Whatever comes as a body is refused by a status that says why, at every door.
func TestBodies(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, r := range server.Routes(h.server) {
		takes := r.Method == http.MethodPost || r.Method == http.MethodPut
		door, known := bodyDoors[r.Method+" "+strings.TrimPrefix(r.Path, "/:tenant")]
		if takes && (!known || len(r.Roles) > 0 && !slices.Contains(r.Roles, door.role)) {
			t.Errorf("%s %s is not among the doors that are tried", r.Method, r.Path)
		}
		if known && door.limit > 0 {
			triesBodies(t, h, r.Method, door)
		}
	}
}

func triesBodies(t *testing.T, h *house, method string, d bodyDoor) {
	t.Helper()
	const syntax, shape = 0, 1
	status, media := []int{d.syntax, d.shape}, cmp.Or(d.media, http.StatusUnsupportedMediaType)
	for _, test := range []struct {
		name, body string
		want       int
	}{
		{"no JSON", "{", syntax},
		{"nothing", " ", syntax},
		{"two values", "{} {}", syntax},
		{"a member twice", `{"permissions": ["a"], "permissions": ["b"]}`, syntax},
		{"a member twice, escaped", `{"a": 1, "\u0061": 2}`, syntax},
		{"a member twice, deep", `{"a": [{"b": {"c": 1, "c": 1}}]}`, syntax},
		{"deep", strings.Repeat("[", 100_000), syntax},
		{"deep, and closed", strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), syntax},
		{"deep objects", strings.Repeat(`{"a":`, 100_000), syntax},
		{"not UTF-8", "{\"a\": \"\xff\"}", syntax},
		{"not UTF-8, as a name", "{\"\xc0\xaf\": 1}", syntax},
		{"half a pair", `{"a": "\ud800"}`, syntax},
		{"half a pair, as a name", `{"\udc00": 1}`, syntax},
		{"a NUL", "{\"a\": \"\x00\"}", syntax},
		{"a NUL behind", "{}\x00", syntax},
		{"beyond doubles", `{"a": 1e400}`, syntax},
		{"beyond doubles, below zero", `{"a": [-1e309]}`, syntax},
		{"no object", `[]`, shape},
		{"null", `null`, shape},
		{"a number", `1`, shape},
		{"a member that nobody knows", `{"?": 1}`, shape},
		{"a NUL, escaped", `{"\u0000": "\u0000"}`, shape},
	} {
		want := status[test.want]
		if len(test.body) > d.limit {
			want = http.StatusRequestEntityTooLarge
		}
		w := send(t, h.server, h.tokens[d.role], method, d.path, "application/json", test.body)
		if w.Code != want || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s at %s %s: %d %.200s, want %d", test.name, method, d.path, w.Code, w.Body, want)
		}
		explained(t, test.name, method, d, w)
	}
	for _, other := range []string{"", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/json;;;=", "text/html"} {
		w := send(t, h.server, h.tokens[d.role], method, d.path, other, "{}")
		if w.Code != media {
			t.Errorf("media type %q at %s %s: %d", other, method, d.path, w.Code)
		}
		explained(t, other, method, d, w)
	}
	for _, size := range []int{d.limit + 1, d.limit + 10_000_000} {
		w := send(t, h.server, h.tokens[d.role], method, d.path, "application/json", strings.Repeat("[", size))
		if w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%d bytes at %s %s: %d", size, method, d.path, w.Code)
		}
		explained(t, "too many bytes", method, d, w)
	}
	h.wants("compressed", h.call(d.role, method, d.path, "{}", "Content-Encoding", "gzip"), media, "")
}

// explained holds that what is refused says what is wrong or what is expected: of a
// media type which is read, of a length how long it may be.
func explained(t *testing.T, name, method string, d bodyDoor, w *httptest.ResponseRecorder) {
	t.Helper()
	var p struct {
		Status           int
		Type, Detail     string
		Errors, Findings []struct{ Message string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Errorf("%s at %s %s: %v: %s", name, method, d.path, err, w.Body)
	}
	faults := append(p.Errors, p.Findings...)
	said := p.Detail != "" || len(faults) > 0
	switch {
	case p.Status == http.StatusForbidden || p.Status == http.StatusPreconditionRequired: // nobody looked at the body
		said = true
	case strings.HasSuffix(p.Type, "/too-large"):
		said = strings.HasPrefix(p.Detail, "at most "+strconv.Itoa(d.limit)+" bytes")
	case strings.HasSuffix(p.Type, "/unsupported-media-type"):
		said = strings.Contains(p.Detail, "Content-Type must be application/") || strings.Contains(p.Detail, "charset must be utf-8")
	}
	for _, f := range faults {
		said = said && f.Message != ""
	}
	if !said {
		t.Errorf("%s at %s %s does not say what is wrong: %s", name, method, d.path, w.Body)
	}
}
