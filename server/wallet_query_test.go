package server_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

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
	signed, err := client.Issue(t.Context(), &proof.Signer{Key: key, At: time.Now()}, &issuance.Request{Format: format, Credential: map[string]any{
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
