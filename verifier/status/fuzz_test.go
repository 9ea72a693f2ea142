package status

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
)

// FuzzParseList: nothing crashes the reader, and what it reads is a list.
func FuzzParseList(f *testing.F) {
	claims := `{"iss":"did:key:z6Mk","sub":"https://lists.example/1","iat":1,"ttl":60,"status_list":{"bits":1,"lst":"eNrbuRgAAhcBXQ"}}`
	text := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	f.Add([]byte(text(`{"alg":"EdDSA","typ":"statuslist+jwt","kid":"did:key:z6Mk#z6Mk"}`) + "." + text(claims) + ".AA"))
	for _, kind := range []string{"Bitstring", ""} {
		doc := map[string]any{
			"@context": []any{vc.ContextV2}, "id": listURL, "type": []any{"VerifiableCredential", kind + "StatusListCredential", "StatusList2021Credential"},
			"issuer": "did:key:z6Mk", "validFrom": "2026-01-01T00:00:00Z", "validUntil": "2026-02-01T00:00:00Z", "proof": map[string]any{"cryptosuite": "eddsa-jcs-2022"},
			"credentialSubject": map[string]any{"type": kind + "StatusList", "statusPurpose": "revocation", "encodedList": "uAA", "ttl": 5, "statusSize": 1},
		}
		raw, _ := json.Marshal(doc)
		f.Add(raw)
		f.Add([]byte(strings.ReplaceAll(string(raw), `"StatusList"`, `"StatusList2021"`)))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := ParseList(body)
		if err != nil {
			if code(err) != Invalid {
				t.Errorf("refused with %s", code(err))
			}
			return
		}
		if subjectless := l.token == nil && l.credential == nil; subjectless || expanders[l.kind] == nil {
			t.Errorf("a list of kind %q of nothing", l.kind)
		}
		if v, err := l.value(Entry{Kind: l.kind, Index: 3, Size: 1}); err == nil && (v < 0 || v > 255) {
			t.Errorf("value %d", v)
		}
	})
}

// FuzzValues: both ways to write values down read no more than they hold.
func FuzzValues(f *testing.F) {
	f.Add("eNrbuRgAAhcBXQ", uint64(3), uint8(1))
	f.Add("u"+base64.RawURLEncoding.EncodeToString(gzipped(make([]byte, 64))), uint64(511), uint8(3))
	f.Add(base64.StdEncoding.EncodeToString(gzipped([]byte{1, 2})), uint64(1)<<63, uint8(8))
	f.Fuzz(func(t *testing.T, text string, index uint64, size uint8) {
		for kind, expand := range expanders {
			values, err := expand(text)
			if err != nil {
				continue
			}
			if len(values) > maxValues {
				t.Fatalf("%s: %d bytes", kind, len(values))
			}
			bits := int(size%8) + 1
			left, ok := leftmost(values, index, bits)
			if ok && (left < 0 || left >= 1<<bits || index >= 8*uint64(len(values))/uint64(bits)) {
				t.Errorf("left: %d at %d of %d bytes", left, index, len(values))
			}
			bits = 1 << (size % 4)
			right, ok := rightmost(values, index, bits)
			if ok && (right < 0 || right >= 1<<bits || index >= 8*uint64(len(values))/uint64(bits)) {
				t.Errorf("right: %d at %d of %d bytes", right, index, len(values))
			}
		}
	})
}

// FuzzEntries: what a credential says of its status is read, or refused.
func FuzzEntries(f *testing.F) {
	f.Add([]byte(`{"credentialStatus":{"type":"BitstringStatusListEntry","statusPurpose":"message","statusListIndex":"5","statusListCredential":"https://x.example/1","statusSize":1,"statusMessage":[{"status":"0x0","message":"a"},{"status":"0x1","message":"b"}]}}`))
	f.Add([]byte(`{"credentialStatus":[{"type":"StatusList2021Entry","statusPurpose":"suspension","statusListIndex":5,"statusListCredential":"https://x.example/1"}]}`))
	f.Add([]byte(`{"status":{"status_list":{"idx":5,"uri":"https://x.example/1"},"other":{}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tree, err := vc.ParseJSON(raw)
		doc, ok := tree.(map[string]any)
		if err != nil || !ok {
			return
		}
		all, refusal := Entries(doc)
		if refusal != nil {
			if refusal.Code != vc.CredentialMalformed {
				t.Errorf("refused with %s", refusal.Code)
			}
			return
		}
		_, w3c := doc["credentialStatus"]
		_, claim := doc["status"]
		if (w3c || claim) != (len(all) > 0) {
			t.Errorf("%d entries of %s", len(all), raw)
		}
		for _, e := range all {
			if e.Problem == nil && (e.List == "" || expanders[e.Kind] == nil || e.Size > maxSize || e.Index > maxIndex) {
				t.Errorf("entry %+v", e)
			}
		}
	})
}
