package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/contents"
	"github.com/procura-dev/procura/wallet/keys"
)

// keeps adds a credential to a partition, and gives its name.
func keeps(t *testing.T, p *client.Partition, content []byte) string {
	t.Helper()
	i := &client.Item{Item: keys.Item{Kind: contents.KindCredential}, Content: content}
	if err := p.Add(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	return p.Name(i.ID)
}

// sdjwt is an SD-JWT VC of somebody's.
func sdjwt(t *testing.T) []byte {
	t.Helper()
	key, err := proof.GenerateKey(proof.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	as := &proof.Signer{Key: key}
	text, err := as.SDJWT(map[string]any{"iss": key.DID(), "iat": 1.0, "vct": "https://example.org/identity", "given_name": "Ann", "age": 36.0}, [][]string{{"given_name"}, {"age"}})
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

func named(name string) map[string]any {
	return map[string]any{"query": map[string]any{"type": "QueryByExample", "credentialQuery": map[string]any{"example": map[string]any{"name": name}}}}
}

// A session's own request finds what is in partitions that it has open, and what is
// found is presented and verified; another session of the account has them closed.
func TestWalletQueriesServedPartitions(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		a := h[0].acting(t, "ann", contents.Served)
		papers, sealed := a.partIn(t, contents.Served), a.partIn(t, contents.Sealed)
		wantsKind(t, "setting contents", a.profile.SetContents(ctx, papers), "")
		wantsKind(t, "opening", papers.Open(ctx), "")
		name := keeps(t, papers, alumni(t, vc.FormatJCS, "Alumni"))
		keeps(t, papers, alumni(t, vc.FormatJCS, "Alumni"))
		keeps(t, papers, []byte("garbage"))
		identity := keeps(t, papers, sdjwt(t))

		got, err := a.profile.Query(ctx, named("Alumni"))
		if err != nil || len(got.Answers) != 1 || len(got.Answers[0].Matches[0].Candidates) != 2 || len(got.Unread) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		got, err = a.profile.Query(ctx, named("Alumni"), name)
		if err != nil || len(got.Answers[0].Matches[0].Candidates) != 1 || got.Answers[0].Matches[0].Candidates[0].Credential != name || len(got.Unread) != 0 {
			t.Fatalf("one by name: %+v, %v", got, err)
		}

		kid := a.made(t, proof.Ed25519).KID
		shown := got.Answers[0].Presentations[0]
		presented, err := a.profile.Prove(ctx, kid, map[string]any{
			"presentation": map[string]any{"@context": []any{vc.ContextV2}, "type": []any{"VerifiablePresentation"}, "verifiableCredential": shown.Credentials},
			"options":      map[string]any{"challenge": "c", "domain": "verifier.example", "format": shown.Format},
		})
		if err != nil {
			t.Fatal(err)
		}
		for domain, want := range map[string]bool{"verifier.example": true, "other.example": false} {
			if k, err := a.VerifyPresentation(ctx, presented, "c", domain); err != nil || k.Verified != want {
				t.Errorf("for %s: %+v, %v", domain, k, err)
			}
		}

		part, err := a.Derive(ctx, identity, "/age")
		if err != nil {
			t.Fatal(err)
		}
		if s, err := vc.ParseSDJWT(part); err != nil || len(s.Disclosures) != 1 || s.Disclosures[0].Path[0] != "age" {
			t.Errorf("derived %q, %v", part, err)
		}

		other, _ := h[1].again("ann", papers.ID())
		same, err := other.Profile(ctx, "work")
		if err != nil {
			t.Fatal(err)
		}
		_, err = same.Query(ctx, named("Alumni"))
		wantsKind(t, "asked by another session", err, "partition-sealed")
		_, err = same.Prove(ctx, kid, map[string]any{})
		wantsKind(t, "presented by another session", err, "partition-sealed")
		_, err = same.Issue(ctx, kid, map[string]any{})
		wantsKind(t, "issued by another session", err, "partition-sealed")
		_, err = other.Derive(ctx, identity, "/age")
		wantsKind(t, "derived by another session", err, "partition-sealed")

		wantsKind(t, "closing", papers.Close(ctx), "")
		_, err = a.profile.Query(ctx, named("Alumni"))
		wantsKind(t, "asked when it is closed", err, "partition-sealed")
		sealedID := sealed.ID()
		err = a.Do(ctx, http.MethodPost, "profiles/work/query", map[string]any{"request": named("Alumni"), "partitions": []string{b64url(sealedID[:])}}, nil)
		wantsKind(t, "asked of a sealed one", err, "partition-sealed")

		// Nothing is read to answer who one is.
		who := map[string]any{"request": map[string]any{"query": map[string]any{"type": "DIDAuth"}}, "partitions": []string{}}
		wantsKind(t, "DIDAuth of an empty wallet", a.Do(ctx, http.MethodPost, "profiles/work/query", who, nil), "")
	})
}

// Nobody asks another's wallet, by whatever name.
func TestWalletQueriesAreOnesOwn(t *testing.T) {
	pairs(t, func(t *testing.T, h [2]*house) {
		ctx := t.Context()
		a := h[0].acting(t, "ann", contents.Custodial)
		wantsKind(t, "setting contents", a.profile.SetContents(ctx, a.kms), "")
		name := keeps(t, a.kms, sdjwt(t))
		kid := a.made(t, proof.Ed25519).KID
		if got, err := a.profile.Query(ctx, named("x")); err != nil || got.Answers[0].Satisfied {
			t.Fatalf("%+v, %v", got, err)
		}
		b := h[1].acting(t, "bob", contents.Custodial)
		_, err := b.Derive(ctx, name, "/age")
		wantsKind(t, "another's credential", err, "partition-unknown")
		id := a.kms.ID()
		err = b.Do(ctx, http.MethodPost, "profiles/work/query", map[string]any{"request": named("x"), "partitions": []string{b64url(id[:])}}, nil)
		wantsKind(t, "another's partition", err, "partition-unknown")
		_, err = b.profile.Issue(ctx, kid, map[string]any{})
		wantsKind(t, "another's key", err, "key-unknown")
		_, err = b.profile.Prove(ctx, kid, map[string]any{})
		wantsKind(t, "another's key to present", err, "key-unknown")
		for _, path := range []string{"query", "credentials", "presentations"} {
			body := map[string]any{"request": map[string]any{}, "key": kid}
			if path == "query" {
				delete(body, "key")
			}
			wantsKind(t, path+" of no profile", b.Do(ctx, http.MethodPost, "profiles/play/"+path, body, nil), "profile-unknown")
		}
	})
}

func TestWalletIssuesAndVerifies(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := newHouse(t)
	a := h.acting(t, "ann", contents.Served)
	for kind, format := range map[string]string{proof.Ed25519: vc.FormatLD, proof.P256: vc.FormatJCS, proof.P384: vc.FormatVCJOSE, proof.Secp256k1: vc.FormatVCJOSE} {
		key := a.made(t, kind)
		request := map[string]any{"options": map[string]any{"format": format}, "credential": map[string]any{
			"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "credentialSubject": map[string]any{"id": "did:example:bob"},
		}}
		signed, err := a.profile.Issue(ctx, key.KID, request)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if k, err := a.VerifyCredential(ctx, signed); err != nil || !k.Verified {
			t.Errorf("%s: %+v, %v", kind, k, err)
		}
		if object, ok := signed.(map[string]any); ok && object["proof"] != nil {
			object["name"] = "changed"
			if k, err := a.VerifyCredential(ctx, object); err != nil || k.Verified {
				t.Errorf("%s, changed: %+v, %v", kind, k, err)
			}
		}
		request["credential"].(map[string]any)["issuer"] = "did:example:eve"
		_, err = a.profile.Issue(ctx, key.KID, request)
		wantsKind(t, "as another", err, "malformed")
	}
}

func TestWalletCredentialsRefuse(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := newHouse(t)
	a := h.acting(t, "ann", contents.Served)
	kid := a.made(t, proof.Ed25519).KID
	id := a.kms.ID()
	at, thing := b64url(id[:]), &client.Item{Item: keys.Item{Kind: contents.KindMetadata}, Content: sdjwt(t)}
	if err := a.kms.Add(ctx, thing); err != nil {
		t.Fatal(err)
	}
	garbage := keeps(t, a.kms, []byte("garbage"))
	none := keys.NewID()
	type body = map[string]any
	query := func(q any) body { return body{"request": body{"query": q}} }
	for name, test := range map[string]struct {
		path string
		body any
		want string
	}{
		"no object":                    {"profiles/work/query", []any{}, "invalid"},
		"no request":                   {"profiles/work/query", body{}, "invalid"},
		"an unknown member":            {"profiles/work/query", body{"request": body{}, "surprise": 1}, "invalid"},
		"no query":                     {"profiles/work/query", body{"request": body{}}, "query-malformed"},
		"a query of another type":      {"profiles/work/query", query(body{"type": "ZcapQuery"}), "query-unsupported"},
		"too many queries":             {"profiles/work/query", query(make([]any, 17)), "query-too-large"},
		"partitions of no list":        {"profiles/work/query", body{"request": body{}, "partitions": at}, "invalid"},
		"partitions of no ids":         {"profiles/work/query", body{"request": body{}, "partitions": []string{"x"}}, "invalid"},
		"too many partitions":          {"profiles/work/query", body{"request": body{}, "partitions": make([]string, 17)}, "invalid"},
		"credentials of no texts":      {"profiles/work/query", body{"request": body{}, "credentials": []any{7}}, "invalid"},
		"a partition that there isn't": {"profiles/work/query", body{"request": body{"query": body{"type": "DIDAuth"}}, "partitions": []string{b64url(none[:])}}, "partition-unknown"},

		"issuing without a key":       {"profiles/work/credentials", body{"request": body{}}, "invalid"},
		"issuing nothing":             {"profiles/work/credentials", body{"key": kid}, "invalid"},
		"issuing garbage":             {"profiles/work/credentials", body{"key": kid, "request": body{"credential": 7}}, "malformed"},
		"issuing with an option":      {"profiles/work/credentials", body{"key": kid, "request": body{"credential": body{}, "options": body{"x": 1}}}, "malformed"},
		"issuing as no method":        {"profiles/work/credentials", body{"key": kid, "method": "did:web:a.example", "request": body{}}, "invalid"},
		"issuing by a key of no one":  {"profiles/work/credentials", body{"key": "x", "request": body{}}, "key-unknown"},
		"presenting without a domain": {"profiles/work/presentations", body{"key": kid, "request": body{"presentation": body{"@context": vc.ContextV2, "type": "VerifiablePresentation"}, "options": body{"challenge": "c"}}}, "malformed"},
		"presenting garbage":          {"profiles/work/presentations", body{"key": kid, "request": body{"presentation": 7}}, "malformed"},

		"verifying nothing":           {"verify", body{}, "invalid"},
		"verifying garbage":           {"verify", body{"verifiableCredential": "garbage"}, "credential-malformed"},
		"verifying both":              {"verify", body{"verifiableCredential": "x", "verifiablePresentation": "x"}, "invalid"},
		"verifying over nothing":      {"verify", body{"verifiablePresentation": "x"}, "invalid"},
		"verifying no presentation":   {"verify", body{"verifiablePresentation": "x", "challenge": "c", "domain": "d"}, "presentation-malformed"},
		"deriving nothing":            {"derive", body{}, "malformed"},
		"deriving garbage":            {"derive", body{"verifiableCredential": "x~y~"}, "malformed"},
		"deriving from two":           {"derive", body{"verifiableCredential": "x~y~", "credential": garbage}, "invalid"},
		"deriving from no name":       {"derive", body{"credential": "x"}, "invalid"},
		"deriving from no item":       {"derive", body{"credential": at + "/" + b64url(none[:])}, "item-unknown"},
		"deriving from no credential": {"derive", body{"credential": a.kms.Name(thing.ID)}, "credential-unreadable"},
		"deriving from garbage kept":  {"derive", body{"credential": garbage}, "credential-unreadable"},
		"a manifest of nothing":       {"resolve-manifest", body{}, "query-malformed"},
		"a manifest with more":        {"resolve-manifest", body{"manifest": body{"id": "m", "output_descriptors": []any{body{"id": "o", "schema": "s"}}}, "credentials": []any{body{"descriptor": "o", "credential": string(sdjwt(t))}}, "x": 1}, "query-unsupported"},
	} {
		wantsKind(t, name, a.Do(ctx, http.MethodPost, test.path, test.body, nil), test.want)
	}
	resolved, err := a.ResolveManifest(ctx, body{"manifest": body{"id": "m", "output_descriptors": []any{body{"id": "o", "schema": "s", "display": body{"title": body{"path": []any{"$.given_name"}, "schema": body{"type": "string"}}}}}},
		"credentials": []any{body{"descriptor": "o", "credential": string(sdjwt(t))}}})
	if err != nil || len(resolved) != 1 || resolved[0].Title != "Ann" {
		t.Errorf("resolved %+v, %v", resolved, err)
	}
	err = a.Do(ctx, http.MethodPost, "profiles/work/query", query([]any{body{"type": "DIDAuth", "surprise": 1}}), nil)
	if err == nil || !strings.Contains(err.Error(), "is not understood here") {
		t.Errorf("told as %v", err)
	}
}

// A wallet of more than is read for one query is asked of those that are named.
func TestWalletQueriesAreBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.acting(t, "ann", contents.Served)
	wantsKind(t, "setting contents", a.profile.SetContents(t.Context(), a.kms), "")
	name := keeps(t, a.kms, alumni(t, vc.FormatJCS, "Alumni"))
	for range 9 {
		keeps(t, a.kms, make([]byte, 1<<20-1000))
	}
	_, err := a.profile.Query(t.Context(), named("Alumni"))
	wantsKind(t, "more than 8 MiB", err, "query-too-large")
	if got, err := a.profile.Query(t.Context(), named("Alumni"), name); err != nil || !got.Answers[0].Satisfied {
		t.Errorf("one of them: %+v, %v", got, err)
	}
}
