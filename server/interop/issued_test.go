package interop_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/lifecycle"
)

const listsAt = "https://procura.example"

// An office is a running server, asked by a client that issues.
type office struct {
	*service
	client string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	s := newService(t, func(c *server.Config) {
		c.Issuance, c.URL, c.Rate = c.Clients.(server.Issuance), listsAt, server.Rate{PerSecond: -1}
	})
	client, token := server.NewClient(server.DefaultTenant, "office", server.RoleIssuer, nil, time.Now())
	if err := s.store.AddClient(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	s.token = token
	return &office{s, client.ID}
}

// sealed is how a profile issues.
type sealed struct {
	format string
	model  int
	curve  string
}

// issued is what a profile issued, and what others are shown of it.
type issued struct {
	name string
	key  *proof.Key
	as   any // as it was answered
}

// issue makes a profile, and has it issue the camp's example.
func (o *office) issue(t *testing.T, c sealed) *issued {
	t.Helper()
	i := &issued{name: fmt.Sprintf("%s, model %d, %s", c.format, c.model, c.curve), key: key(t, c.curve)}
	p := &issuance.Profile{
		Tenant: server.DefaultTenant, Name: i.name, Client: o.client, Custody: issuance.Custodial, DID: i.key.DID(), CreatedAt: time.Now(),
		Settings: issuance.Settings{Formats: []string{c.format}, Status: []string{lifecycle.Revocation, lifecycle.Suspension}},
	}
	secret, err := i.key.JWK()
	if err != nil {
		t.Fatal(err)
	}
	if err := o.store.AddProfile(t.Context(), p, &issuance.Key{Method: i.key.ID, Secret: secret, MadeAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	doc := credential(t, o.camp, c.model, proof.CoversStatements(c.format), i.key.DID(), "did:example:holder")
	delete(doc, "credentialStatus") // the example's own, of which there is no list
	status, a := o.send(t, "/credentials/issue", map[string]any{"credential": doc, "options": map[string]any{"credentialId": i.name}})
	if i.as = a["verifiableCredential"]; status != http.StatusCreated {
		t.Fatalf("%s: issuing: %d %v", i.name, status, a)
	}
	return i
}

func (o *office) send(t *testing.T, path string, body map[string]any) (int, map[string]any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return o.post(t, path, "application/json", raw)
}

// shown is a credential with the lists that it names, as they are published now.
func (o *office) shown(t *testing.T, i *issued, as any) map[string]any {
	t.Helper()
	lists := map[string]any{}
	for _, url := range listsOf(t, i.as) {
		r, err := http.Get(o.url + strings.TrimPrefix(url, listsAt)) //nolint:gosec,noctx // of our own server
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s, %v", url, r.StatusCode, raw, err)
		}
		if lists[url] = string(raw); raw[0] == '{' {
			lists[url] = json.RawMessage(raw)
		}
	}
	return map[string]any{"issued": as, "lists": lists, "keys": map[string]any{i.key.ID: public(i.key)}}
}

// listsOf reads the addresses of lists wherever they stand in what was issued.
func listsOf(t *testing.T, issued any) (urls []string) {
	t.Helper()
	if m, ok := issued.(map[string]any); ok && m["type"] == "EnvelopedVerifiableCredential" {
		issued = strings.TrimPrefix(m["id"].(string), "data:application/vc+jwt,")
	}
	if text, ok := issued.(string); ok {
		jwt, _, _ := strings.Cut(text, "~")
		j, err := vc.ParseJWT(jwt)
		if err != nil {
			t.Fatal(err)
		}
		issued = j.Payload
	}
	raw, err := json.Marshal(issued)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(raw), `"`) {
		if strings.HasPrefix(part, listsAt+"/public/") && !strings.Contains(part, "#") {
			urls = append(urls, part)
		}
	}
	return urls
}

// altered is a credential that says something else, or has another signature.
func altered(t *testing.T, as any) any {
	t.Helper()
	switch as := as.(type) {
	case string:
		return resigned(as)
	case map[string]any:
		if as["type"] == "EnvelopedVerifiableCredential" {
			return map[string]any{"@context": as["@context"], "id": resigned(as["id"].(string)), "type": as["type"]}
		}
	}
	raw, err := json.Marshal(as)
	if err != nil {
		t.Fatal(err)
	}
	return json.RawMessage(strings.Replace(string(raw), "did:example:holder", "did:example:thief", 1))
}

// resigned changes the last character but one of the signature: the last has
// bits to spare.
func resigned(text string) string {
	jwt, rest, disclosed := strings.Cut(text, "~")
	last, other := len(jwt)-2, "A"
	if jwt[last] == 'A' {
		other = "B"
	}
	jwt = jwt[:last] + other + jwt[last+1:]
	if disclosed {
		jwt += "~" + rest
	}
	return jwt
}

// What the running server issues others verify, and they read its status lists:
// in each format that there is a package for, of each kind of list, by each kind
// of key. All are asked about in one run.
func TestOthersVerifyWhatIsIssued(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	var all []*issued
	for _, c := range []struct {
		format string
		model  int
	}{
		{vc.FormatLD, 2}, {vc.FormatLD, 1}, {vc.FormatJCS, 2}, {vc.FormatVCJWT11, 1}, {vc.FormatVCJOSE, 2}, {vc.FormatSDJWT, 1},
	} {
		for _, curve := range []string{proof.Ed25519, proof.P256, proof.P384} {
			all = append(all, o.issue(t, sealed{c.format, c.model, curve}))
		}
	}
	for _, older := range []string{proof.Ed25519Signature2018, proof.Ed25519Signature2020} {
		all = append(all, o.issue(t, sealed{older, 1, proof.Ed25519}))
	}
	var asked []map[string]any
	for _, i := range all {
		asked = append(asked, o.shown(t, i, i.as), o.shown(t, i, altered(t, i.as)))
		if status, a := o.send(t, "/v1/credentials/status", map[string]any{"action": "revoke", "credentials": []string{i.name}}); status != http.StatusOK {
			t.Fatalf("%s: revoking: %d %v", i.name, status, a)
		}
		asked = append(asked, o.shown(t, i, i.as))
	}
	var got []seen
	run(t, "issued.js", map[string]any{"contexts": contexts(t, o.camp), "requests": asked}, &got)
	for n, i := range all {
		for k, want := range []struct {
			what           string
			verified, good bool
		}{{"as issued", true, true}, {"altered", false, false}, {"revoked", true, false}} {
			if g := got[3*n+k]; g.Verified != want.verified || g.Good != want.good {
				t.Errorf("%s, %s: %+.300v, want verified %v, good %v", i.name, want.what, g, want.verified, want.good)
			}
		}
	}
}

// seen is what others make of a credential: whether it holds, and what all of
// its statuses say.
type seen struct {
	Verified, Good bool
	Error          string
}
