package chain_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/procura-dev/procura/verifier/chain"
	"github.com/procura-dev/procura/verifier/vc"
)

// credential is one by an issuer, with what proves what above it.
func credential(issuer string, above ...any) map[string]any {
	doc := map[string]any{
		"@context": []any{vc.ContextV1}, "type": []any{"VerifiableCredential"},
		"id": "urn:of:" + issuer, "issuer": issuer,
		"proof": map[string]any{"type": "Ed25519Signature2020"},
	}
	if len(above) > 0 {
		doc["provenanceProofs"] = above
	}
	return doc
}

// authorized is the pair that embeds credentials.
func authorized(credentials ...any) any {
	return []any{[]any{"authorization"}, map[string]any{
		"type": []any{"VerifiablePresentation"}, "verifiableCredential": credentials,
	}}
}

func referring(id, digest any) any {
	return []any{[]any{"authorization"}, map[string]any{"id": id, "digest": digest}}
}

// line is a chain of n credentials, root last.
func line(n int) map[string]any {
	doc := credential("root")
	for i := 1; i < n; i++ {
		doc = credential(fmt.Sprint("proxy", i), authorized(doc))
	}
	return doc
}

func leaf(doc map[string]any) *vc.Credential {
	c := vc.ParseCredential(doc)
	c.Path = "/verifiableCredential/0"
	return c
}

func TestReadGoesToTheRoots(t *testing.T) {
	t.Parallel()
	doc := credential("child", authorized(credential("a", authorized(credential("root"))), credential("b")))
	n, err := chain.NewReader(nil).Read(leaf(doc))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Parents) != 2 || len(n.Parents[0].Parents) != 1 || n.Parents[1].Chained() || !n.Chained() {
		t.Fatalf("the tree is another: %+v", n)
	}
	const want = "/verifiableCredential/0/provenanceProofs/0/1/verifiableCredential/0/provenanceProofs/0/1/verifiableCredential/0"
	if got := n.Parents[0].Parents[0].Path; got != want {
		t.Errorf("the root's path is %s", got)
	}
}

func TestReadFindsWhatIsReferredTo(t *testing.T) {
	t.Parallel()
	sent := []*vc.Credential{{Problem: &vc.Refusal{}}, leaf(credential("a")), leaf(credential("b"))}
	n, err := chain.NewReader(sent).Read(leaf(credential("child", referring("urn:of:b", "d"))))
	if err != nil {
		t.Fatal(err)
	}
	if n.Parents[0].Credential != sent[2] || n.Parents[0].Digest != "d" {
		t.Errorf("found %+v", n.Parents[0])
	}
}

func TestSixteenLinksAreRead(t *testing.T) {
	t.Parallel()
	if _, err := chain.NewReader(nil).Read(leaf(line(16))); err != nil {
		t.Errorf("16 links: %v", err)
	}
}

// many are more credentials than may stand above one, wide instead of long.
func many(n int) (out []any) {
	for i := range n {
		out = append(out, credential(fmt.Sprint("p", i)))
	}
	return out
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	self := credential("a", referring("urn:of:a", "d"))
	round := []map[string]any{credential("a", referring("urn:of:b", "d")), credential("b", referring("urn:of:a", "d"))}
	bare := func(member string, v any) any {
		p := authorized(credential("root"))
		p.([]any)[1].(map[string]any)[member] = v
		return p
	}
	other := credential("child", authorized(credential("root")))
	other["delegationProof"] = other["provenanceProofs"]
	dotted := credential("child")
	dotted["provenanceProofs.0"] = "x"
	field := credential("child")
	field["authorization"] = authorized(credential("root"))
	asObject := credential("child")
	asObject["provenanceProofs"] = map[string]any{"authorization": authorized(credential("root"))}
	twins := []*vc.Credential{leaf(credential("b")), leaf(credential("b"))}
	for name, c := range map[string]struct {
		code string
		doc  map[string]any
		sent []*vc.Credential
	}{
		"an empty list":                    {chain.Malformed, func() map[string]any { d := credential("a"); d["provenanceProofs"] = []any{}; return d }(), nil},
		"nothing at all":                   {chain.Malformed, func() map[string]any { d := credential("a"); d["provenanceProofs"] = nil; return d }(), nil},
		"an object":                        {chain.Malformed, asObject, nil},
		"two names":                        {chain.Malformed, other, nil},
		"a dotted name":                    {chain.Malformed, dotted, nil},
		"the field itself":                 {chain.Malformed, field, nil},
		"no pair":                          {chain.Malformed, credential("a", "x"), nil},
		"a pair of one":                    {chain.Malformed, credential("a", []any{[]any{"authorization"}}), nil},
		"another field":                    {chain.Unsupported, credential("a", []any{[]any{"name"}, map[string]any{}}), nil},
		"a further field":                  {chain.Unsupported, credential("a", []any{[]any{"authorization", "name"}, map[string]any{}}), nil},
		"a number for a presentation":      {chain.Malformed, credential("a", []any{[]any{"authorization"}, 7.0}), nil},
		"no presentation":                  {chain.Malformed, credential("a", []any{[]any{"authorization"}, map[string]any{}}), nil},
		"a presentation of nothing":        {chain.Malformed, credential("a", authorized()), nil},
		"another type":                     {chain.Malformed, credential("a", bare("type", "Presentation")), nil},
		"a presentation's further member":  {chain.Malformed, credential("a", bare("expires", "2026-01-01T00:00:00Z")), nil},
		"another holder without a proof":   {chain.Malformed, credential("a", bare("holder", "somebody")), nil},
		"a credential that cannot be read": {vc.CredentialMalformed, credential("a", authorized("x.y.z")), nil},
		"seventeen links":                  {chain.TooLong, line(17), nil},
		"sixty-five above one":             {chain.TooLong, credential("a", authorized(many(65)...)), nil},
		"itself":                           {chain.Malformed, self, []*vc.Credential{leaf(self)}},
		"a circle":                         {chain.Malformed, round[0], []*vc.Credential{leaf(round[0]), leaf(round[1])}},
		"the id of one below":              {chain.Malformed, credential("a", authorized(credential("a"))), nil},
		"a reference to nobody":            {chain.Missing, credential("a", referring("urn:of:b", "d")), nil},
		"a reference to one of two":        {chain.Malformed, credential("a", referring("urn:of:b", "d")), twins},
		"a reference without a digest":     {chain.Malformed, credential("a", referring("urn:of:b", "")), twins[:1]},
		"a reference by a number":          {chain.Malformed, credential("a", referring(1.0, "d")), twins[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, err := chain.NewReader(c.sent).Read(leaf(c.doc))
			r, ok := errors.AsType[*vc.Refusal](err)
			if !ok || r.Code != c.code || n != nil {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
}

// What stands above others is counted once for all of a presentation: to refer to
// one costs nothing.
func TestReferencesAreCounted(t *testing.T) {
	t.Parallel()
	parent := leaf(credential("p"))
	r := chain.NewReader([]*vc.Credential{parent})
	for i := range chain.MaxCredentials {
		if _, err := r.Read(leaf(credential(fmt.Sprint("child", i), referring("urn:of:p", "d")))); err != nil {
			t.Fatal(i, err)
		}
	}
	_, err := r.Read(leaf(credential("last", referring("urn:of:p", "d"))))
	if refusal, ok := errors.AsType[*vc.Refusal](err); !ok || refusal.Code != chain.TooLong {
		t.Errorf("got %v, want %s", err, chain.TooLong)
	}
}

// What each above agrees to is the child, whatever of it is added when it is
// signed; and nothing else.
// owned is the pair that embeds titles.
func owned(titles ...any) any {
	pair := authorized(titles...).([]any)
	return []any{[]any{"ownership"}, pair[1]}
}

// What an issuer owns stands beside the chain, and is none of it.
func TestReadFindsTitles(t *testing.T) {
	t.Parallel()
	n, err := chain.NewReader(nil).Read(leaf(credential("child", authorized(credential("root", owned(credential("books")), owned(credential("town")))))))
	if err != nil {
		t.Fatal(err)
	}
	root := n.Parents[0]
	if len(root.Ownership) != 2 || root.Chained() || !root.Provenance() || len(n.Ownership) > 0 || len(n.All()) != 1 {
		t.Errorf("the tree is another: %+v", root)
	}
	doc := credential("root", owned(credential("books")))
	for i := 1; i < chain.MaxLinks; i++ {
		doc = credential(fmt.Sprint("proxy", i), authorized(doc))
	}
	if _, err := chain.NewReader(nil).Read(leaf(doc)); err != nil {
		t.Errorf("an owner at the end of the longest chain: %v", err)
	}
}

func TestNonceIsOfTheChild(t *testing.T) {
	t.Parallel()
	nonce := func(change func(map[string]any)) string {
		doc := credential("child", authorized(credential("root")))
		change(doc)
		n, err := chain.Nonce(doc)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	want := nonce(func(map[string]any) {})
	for name, change := range map[string]func(map[string]any){
		"proof":            func(d map[string]any) { delete(d, "proof") },
		"iat":              func(d map[string]any) { d["iat"] = 1.0 },
		"provenanceProofs": func(d map[string]any) { delete(d, "provenanceProofs") },
	} {
		if nonce(change) != want {
			t.Errorf("%s changes the nonce", name)
		}
	}
	for name, change := range map[string]func(map[string]any){
		"issuer": func(d map[string]any) { d["issuer"] = "x" },
		"member": func(d map[string]any) { d["more"] = true },
	} {
		if nonce(change) == want {
			t.Errorf("%s does not change the nonce", name)
		}
	}
}
