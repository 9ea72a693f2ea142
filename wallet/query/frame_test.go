package query_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/query"
)

func TestFramesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		asked string
		want  error
	}{
		"no frame":               {`{}`, query.ErrMalformed},
		"a frame of no object":   {`{"frame": []}`, query.ErrMalformed},
		"a frame with a demand":  {`{"frame": {"type": "A"}, "surprise": 1}`, query.ErrUnsupported},
		"an issuer with demands": {`{"frame": {"type": "A"}, "trustedIssuer": [{"issuer": "a:b", "x": 1}]}`, query.ErrUnsupported},
	} {
		_, err := query.ReadRequest(tree(t, `{"query": {"type": "QueryByFrame", "credentialQuery": `+test.asked+`}}`))
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestQueryByFrame(t *testing.T) {
	t.Parallel()
	w, i := held(t)
	w.Credentials = append(w.Credentials, i.sign(t, "old", vc.FormatLD,
		`{"@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiableCredential"], "issuanceDate": "2026-01-01T00:00:00Z", "credentialSubject": {"id": "did:example:bob"}}`))
	const v2 = `"@context": ["https://www.w3.org/ns/credentials/v2"], "type": "VerifiableCredential"`
	for name, test := range map[string]struct {
		frame, rest string
		want        []string
		reason      string
	}{
		"by type":            {`{` + v2 + `}`, ``, []string{"jose", "ld", "jcs", "old"}, ""},
		"by a value":         {`{` + v2 + `, "credentialSubject": {"id": "did:example:bob"}}`, ``, []string{"old"}, ""},
		"by a member":        {`{` + v2 + `, "name": {}}`, ``, []string{"jose", "ld", "jcs"}, ""},
		"all, one by one":    {`{` + v2 + `, "@explicit": true, "name": {}, "issuer": {}, "credentialSubject": {}}`, ``, []string{"jose", "ld", "jcs"}, ""},
		"a part":             {`{` + v2 + `, "@explicit": true, "credentialSubject": {}}`, ``, nil, query.ReasonUndisclosed},
		"nothing like it":    {`{` + v2 + `, "credentialStatus": {}}`, ``, nil, query.ReasonNone},
		"a strange context":  {`{"@context": ["https://example.org/strange"], "type": "VerifiableCredential"}`, ``, nil, query.ReasonContext},
		"no context":         {`{"type": "VerifiableCredential"}`, ``, nil, query.ReasonContext},
		"of whom it trusts":  {`{` + v2 + `}`, `, "trustedIssuer": [{"issuer": "` + i.Key.DID() + `", "required": true}]`, []string{"jose", "ld", "jcs", "old"}, ""},
		"of none it trusts":  {`{` + v2 + `}`, `, "trustedIssuer": [{"issuer": "did:example:eve", "required": true}]`, nil, query.ReasonNone},
		"what is not a type": {`{` + v2 + `, "nickname": {}}`, ``, nil, query.ReasonContext},
	} {
		a := ask(t, w, `{"query": {"type": "QueryByFrame", "credentialQuery": [{"frame": `+test.frame+test.rest+`}]}}`)
		if got := candidates(a, 0); !slices.Equal(got, test.want) || a.Reason != test.reason || a.Satisfied != (test.want != nil) {
			t.Errorf("%s: %v %q, want %v %q", name, got, a.Reason, test.want, test.reason)
		}
	}
}
