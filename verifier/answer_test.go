package verifier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
)

// people are the identifiers in an answer, as it was sent or kept.
type people struct {
	ID         string
	Decision   string
	Principals []struct{ Holder []string }
	Needs      []struct {
		Parts []struct{ Parameters map[string]any }
	}
}

func identifiers(t *testing.T, raw json.RawMessage) (p people, ids []string) {
	t.Helper()
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	for _, principal := range p.Principals {
		ids = append(ids, principal.Holder...)
	}
	for _, need := range p.Needs {
		for _, part := range need.Parts {
			if id, ok := part.Parameters["proxied"].(string); ok {
				ids = append(ids, id)
			}
		}
	}
	return p, ids
}

// inHospital presents a credential that says nothing of school, and one that
// does while somebody attests it: the denial without says whom to ask about.
func (s *story) inHospital(t *testing.T, nonce string) verifier.Submitted {
	t.Helper()
	doc := s.credential(s.amina, func(_, holder, proxied map[string]any) {
		holder["constraints"] = map[string]any{"circumstances": "|en: While the mother is in hospital."}
		proxied["permissions"] = []any{map[string]any{"grant": []any{"school"}, "when": map[string]any{"roles": "grandparent"}}}
	})
	return s.present(t, s.amina, proof.Expect{Nonce: nonce, Domain: domain}, s.signed(t, s.credential(s.amina, nil)), s.signed(t, doc))
}

// Who was told at once is told who it was; what is kept holds keyed digests
// instead (semantics 8.4), the same for the same person.
func TestKeptAnswersNameNobody(t *testing.T) {
	t.Parallel()
	s := kept(t)
	c := s.open(t, "school")
	p := &verifier.Submission{Presentations: []verifier.Submitted{s.inHospital(t, c.Nonce)}, Input: true}
	sent, err := s.verifier.Present(t.Context(), clinic, c.ID, p)
	if err != nil {
		t.Fatal(err)
	}
	told, ids := identifiers(t, sent) // principals, then needs
	if want := s.amina.DID() + " " + laila; strings.Join(ids, " ") != want {
		t.Fatalf("sent %s: identifiers %v, want %s", sent, ids, want)
	}
	stored, err := s.verifier.Decision(t.Context(), clinic, told.ID)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.verifier.Present(t.Context(), clinic, c.ID, p)
	if err != nil || !bytes.Equal(again, stored) {
		t.Errorf("the same bytes again: %s (%v), want what is kept: %s", again, err, stored)
	}
	if bytes.Contains(stored, []byte(s.amina.DID())) || bytes.Contains(stored, []byte(laila)) {
		t.Errorf("kept %s, want nobody named", stored)
	}
	_, hidden := identifiers(t, stored)
	if len(hidden) != 2 || hidden[0] == hidden[1] {
		t.Fatalf("kept %v, want a digest for each identifier", hidden)
	}
	for i, id := range hidden {
		if !strings.HasPrefix(id, "hmac-sha256:") || len(id) != len("hmac-sha256:")+43 {
			t.Errorf("kept %q for %s, want a keyed digest", id, ids[i])
		}
	}
	if got := identify(t, stored, hidden, ids); got != identify(t, sent, nil, nil) {
		t.Errorf("kept\n%s\nwant as sent but identifiers and input:\n%s", got, identify(t, sent, nil, nil))
	}

	other := s.open(t, "routine-medical-care")
	next, err := s.verifier.Present(t.Context(), clinic, other.ID, &verifier.Submission{Presentations: []verifier.Submitted{s.forChallenge(t, other, s.amina)}})
	if err != nil {
		t.Fatal(err)
	}
	told, _ = identifiers(t, next)
	stored, err = s.verifier.Decision(t.Context(), clinic, told.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, same := identifiers(t, stored); len(same) != 1 || same[0] != hidden[0] {
		t.Errorf("another decision keeps %v, want the same digest %s", same, hidden[0])
	}
}

// identify puts identifiers back, drops the input, and writes what is left in
// one order.
func identify(t *testing.T, raw json.RawMessage, hidden, ids []string) string {
	t.Helper()
	text := string(raw)
	for i := range hidden {
		text = strings.ReplaceAll(text, hidden[i], ids[i])
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "input")
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Where a requested permission must be audited, identifiers are kept as they
// were presented.
func TestAuditedAnswersNameWhoCame(t *testing.T) {
	t.Parallel()
	s := kept(t)
	s.verifier.Publish(map[string]*verifier.Library{clinic.Tenant: audited(t)})
	for permission, named := range map[string]bool{"routine-medical-care": true, "school": false} {
		c := s.open(t, permission)
		told := s.submit(t, c, s.forChallenge(t, c, s.amina))
		stored, err := s.verifier.Decision(t.Context(), clinic, told.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(stored, []byte(s.amina.DID())); got != named {
			t.Errorf("%s: kept %s; names who came: %v, want %v", permission, stored, got, named)
		}
	}
}

// audited is the camp's framework where routine-medical-care, its first
// permission, must be audited.
func audited(t *testing.T) *verifier.Library {
	t.Helper()
	return altered(t, "audit: recommended", "audit: required")
}

// altered is the camp's framework alone, the first old of its document replaced,
// and then as more pairs say, with no more than deciding takes.
func altered(t testing.TB, old, replacement string, more ...string) *verifier.Library {
	t.Helper()
	for _, source := range library.All() {
		if !bytes.Contains(source.Raw, []byte("name: "+camp)) {
			continue
		}
		raw := bytes.Replace(source.Raw, []byte(old), []byte(replacement), 1)
		for i := 0; i < len(more); i += 2 {
			raw = bytes.Replace(raw, []byte(more[i]), []byte(more[i+1]), 1)
		}
		doc, found := trustframeworks.Parse(raw)
		if len(found) > 0 {
			t.Fatal(found)
		}
		c, found := compile.Compile(doc)
		if len(found) > 0 {
			t.Fatal(found)
		}
		f, err := verifier.NewFramework(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		r := f.Brief().Release() // as a server holds it
		r.Context = f.Context
		l, err := verifier.NewLibrary(r)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	t.Fatal("the camp's framework is not shipped")
	return nil
}
