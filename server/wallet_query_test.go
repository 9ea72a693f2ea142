package server_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/client"
	"github.com/procura-dev/procura/wallet/issuance"
	"github.com/procura-dev/procura/wallet/keys"
	"github.com/procura-dev/procura/wallet/query"
)

// alumni is a credential of a model, issued.
func alumni(t *testing.T, format, name string) []byte {
	t.Helper()
	key, err := proof.GenerateKey(proof.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := client.Issue(t.Context(), &proof.Signer{Key: key, At: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)}, &issuance.Request{Format: format, Credential: map[string]any{
		"@context": []any{vc.ContextV2}, "type": []any{"VerifiableCredential"}, "name": name, "credentialSubject": map[string]any{"id": "did:example:ann"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := signed.(string); ok {
		return []byte(text)
	}
	raw, err := json.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The client asks sealed partitions by itself: the server finds by tags alone.
func TestWalletQueriesSealedPartitions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.withPartition("ann")
	papers, err := d.AddPartition(t.Context(), d.account)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]string{}
	add := func(p *client.Partition, name, tag string, content []byte) {
		i := &client.Item{Item: keys.Item{Kind: "credential"}, Tags: []string{tag}, Content: content}
		if err := p.Add(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		kept[p.Name(i.ID)] = name
	}
	add(d.part, "Alumni", "type=Alumni", alumni(t, vc.FormatJCS, "Alumni"))
	add(papers, "Alumni", "type=Alumni", alumni(t, vc.FormatVCJOSE, "Alumni"))
	add(papers, "Member", "type=Member", alumni(t, vc.FormatLD, "Member"))
	add(papers, "garbage", "type=Alumni", []byte(`{"id": "urn:1"}`))
	for name, test := range map[string]struct {
		find   client.Find
		parts  []*client.Partition
		unread int
		want   []string
	}{
		"both":         {client.Find{}, []*client.Partition{d.part, papers}, 1, []string{"Alumni", "Alumni"}},
		"one":          {client.Find{}, []*client.Partition{d.part}, 0, []string{"Alumni"}},
		"by a tag":     {client.Find{Tag: "type=Member"}, []*client.Partition{d.part, papers}, 0, nil},
		"another kind": {client.Find{Kind: "key", Tag: "type=Alumni"}, []*client.Partition{papers}, 1, []string{"Alumni"}},
		"none":         {client.Find{}, nil, 0, nil},
	} {
		w, unread, err := client.Wallet(t.Context(), test.find, test.parts...)
		if err != nil || len(unread) != test.unread || test.unread > 0 && kept[unread[0]] != "garbage" {
			t.Errorf("%s: unread %v, %v", name, unread, err)
		}
		r, err := query.ReadRequest(map[string]any{"query": map[string]any{"type": "QueryByExample",
			"credentialQuery": map[string]any{"example": map[string]any{"name": "Alumni"}}}})
		if err != nil {
			t.Fatal(err)
		}
		all, err := w.Answer(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range all[0].Matches[0].Candidates {
			got = append(got, kept[c.Credential])
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// What our own challenges ask for, in both languages, a wallet finds, presents, and
// is permitted for.
func TestWalletAnswersOurChallenges(t *testing.T) {
	t.Parallel()
	st := openSQLite(t)
	s := newStory(t, st, st)
	opened := func() (path, nonce string, asked map[string]any) {
		m := s.houses[0].call(server.RoleVerifier, "POST", "/v1/challenges", lailas("school")).json(t)
		return "/v1/challenges/" + m["id"].(string), m["nonce"].(string), m["presentationRequest"].(map[string]any)
	}
	kept := func(raw any) *query.Wallet {
		c, err := query.Read("c", raw)
		if err != nil {
			t.Fatal(err)
		}
		return &query.Wallet{Credentials: []*query.Credential{c}}
	}
	doc := func(contexts, types any) map[string]any {
		j, err := vc.ParseJWT(s.credential(s.amina).(string))
		if err != nil {
			t.Fatal(err)
		}
		m := j.Payload["vc"].(map[string]any)
		if contexts != nil {
			m["@context"], m["type"] = contexts, types
			m["credentialSubject"].(map[string]any)["type"] = "ChildGuardianSubject"
			m["validFrom"], m["validUntil"] = m["issuanceDate"], m["expirationDate"]
			delete(m, "issuanceDate")
			delete(m, "expirationDate")
		}
		return m
	}
	contexts := s.houses[0].verifier.Library(server.DefaultTenant).Context
	issuer := &proof.Signer{Key: s.issuer, At: s.houses[0].clock.now(), Contexts: contexts}
	_, _, asked := opened()
	first := asked["vp"].(map[string]any)["query"].([]any)
	guardian := first[slices.IndexFunc(first, func(q any) bool {
		types := q.(map[string]any)["credentialQuery"].(map[string]any)["example"].(map[string]any)["type"].([]any)
		return strings.HasSuffix(types[1].(string), "/ChildGuardian")
	})].(map[string]any)["credentialQuery"].(map[string]any)["example"].(map[string]any)
	for name, test := range map[string]struct {
		format, media string
		doc           map[string]any
		dcql          bool
	}{
		"DCQL, a JWT":            {vc.FormatVCJWT11, "application/vp+jwt", doc(nil, nil), true},
		"by example, a JWT":      {vc.FormatVCJOSE, "application/vp+jwt", doc(guardian["@context"], guardian["type"]), false},
		"by example, JCS":        {vc.FormatJCS, "application/vp", doc(guardian["@context"], guardian["type"]), false},
		"by example, statements": {vc.FormatLD, "application/vp", doc(guardian["@context"], guardian["type"]), false},
	} {
		signed, err := issuer.Credential(t.Context(), test.doc, test.format)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if raw, err := json.Marshal(signed); err != nil {
			t.Fatal(err)
		} else if signed, err = vc.ParseJSON(raw); err != nil {
			t.Fatal(err)
		}
		path, nonce, asked := opened()
		request := asked["vp"]
		if test.dcql {
			request = map[string]any{"query": map[string]any{"type": "DCQL", "credentialQuery": asked["dcql"]}}
		}
		r, err := query.ReadRequest(request)
		if err != nil {
			t.Fatalf("%s: our own request: %v", name, err)
		}
		all, err := kept(signed).Answer(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		n := slices.IndexFunc(all, func(a query.Answer) bool { return a.Satisfied })
		if n < 0 {
			t.Errorf("%s: not found: %+v", name, all)
			continue
		}
		shown, err := client.Present(t.Context(), &proof.Signer{Key: s.amina, At: s.houses[0].clock.now(), Contexts: contexts}, &all[n], proof.Expect{Nonce: nonce, Domain: "camp.example"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body, ok := shown[0].(string)
		if !ok {
			raw, err := json.Marshal(shown[0])
			if err != nil {
				t.Fatal(err)
			}
			body = string(raw)
		}
		a := s.houses[0].call(server.RoleVerifier, "POST", path+"/presentations", body, "Content-Type", test.media)
		if m := a.json(t); m["decision"] != "permit" {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
}
