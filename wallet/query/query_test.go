package query_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/query"
)

var noon = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)

// An issuer signs what a wallet of a test holds.
type issuer struct{ *proof.Signer }

func newIssuer(t testing.TB) issuer {
	t.Helper()
	key, err := proof.GenerateKey("Ed25519")
	if err != nil {
		t.Fatal(err)
	}
	return issuer{&proof.Signer{Key: key, At: noon}}
}

// tree reads JSON.
func tree(t testing.TB, text string) any {
	t.Helper()
	v, err := vc.ParseJSON([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// sign makes a credential of a format.
func (i issuer) sign(t testing.TB, id, format, doc string) *query.Credential {
	t.Helper()
	signed, err := i.Credential(t.Context(), tree(t, doc).(map[string]any), format)
	if err != nil {
		t.Fatal(err)
	}
	if _, text := signed.(string); !text {
		raw, err := json.Marshal(signed)
		if err != nil {
			t.Fatal(err)
		}
		signed = tree(t, string(raw))
	}
	return keep(t, id, signed)
}

// sdjwt makes an SD-JWT VC in which each claim at a path can be withheld.
func (i issuer) sdjwt(t testing.TB, id, claims string, open ...string) *query.Credential {
	t.Helper()
	m := tree(t, claims).(map[string]any)
	m["iss"], m["iat"] = i.Key.DID(), noon.Unix()
	var paths [][]string
	for _, p := range open {
		paths = append(paths, strings.Split(p, "/"))
	}
	text, err := i.SDJWT(m, paths)
	if err != nil {
		t.Fatal(err)
	}
	return keep(t, id, text)
}

func keep(t testing.TB, id string, raw any) *query.Credential {
	t.Helper()
	c, err := query.Read(id, raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	permit = `{"@context": ["https://www.w3.org/2018/credentials/v1"], "id": "urn:example:permit", "type": ["VerifiableCredential", "WorkPermit"],
		"credentialSubject": {"id": "did:example:ann", "name": "Ann", "level": 3, "languages": ["de", "fr"]}}`
	alumni = `{"@context": ["https://www.w3.org/ns/credentials/v2"], "id": "urn:example:alumni", "type": ["VerifiableCredential"], "name": "Alumni",
		"credentialSubject": {"id": "did:example:ann"}}`
	identity = `{"vct": "https://example.org/identity", "given_name": "Ann", "family_name": "Lee", "birthdate": "1990-02-03", "age": 36,
		"address": {"street_address": "Main 1", "locality": "Bern", "country": "CH"}, "nationalities": ["CH", "FR"],
		"degrees": [{"type": "BSc", "year": 2011}, {"type": "MSc", "year": 2013}]}`
)

// open are the claims of identity that can be withheld.
var open = []string{"given_name", "family_name", "birthdate", "age", "address", "address/street_address", "address/locality",
	"nationalities/0", "nationalities/1", "degrees"}

// held is a wallet with a credential of each format.
func held(t testing.TB) (*query.Wallet, issuer) {
	t.Helper()
	i := newIssuer(t)
	return &query.Wallet{Credentials: []*query.Credential{
		i.sign(t, "jwt", vc.FormatVCJWT11, permit),
		i.sign(t, "jose", vc.FormatVCJOSE, alumni),
		i.sign(t, "ld", vc.FormatLD, alumni),
		i.sign(t, "jcs", vc.FormatJCS, alumni),
		i.sdjwt(t, "sd", identity, open...),
	}}, i
}

// ask has a wallet answer one query.
func ask(t testing.TB, w *query.Wallet, text string) query.Answer {
	t.Helper()
	all, err := answers(t, w, text)
	if err != nil {
		t.Fatalf("%v to %s", err, text)
	}
	if len(all) != 1 {
		t.Fatalf("%d answers", len(all))
	}
	return all[0]
}

func answers(t testing.TB, w *query.Wallet, text string) ([]query.Answer, error) {
	t.Helper()
	r, err := query.ReadRequest(tree(t, text))
	if err != nil {
		return nil, err
	}
	return w.Answer(t.Context(), r)
}

// candidates are the ids of those that a match of an answer has.
func candidates(a query.Answer, match int) (out []string) {
	for _, c := range a.Matches[match].Candidates {
		out = append(out, c.Credential)
	}
	return out
}

func example(members string) string {
	return `{"query": {"type": "QueryByExample", "credentialQuery": {"example": ` + members + `}}}`
}

func TestQueryByExample(t *testing.T) {
	t.Parallel()
	w, i := held(t)
	for name, test := range map[string]struct {
		example string
		want    []string
	}{
		"by type":                      {`{"type": "WorkPermit"}`, []string{"jwt"}},
		"by types":                     {`{"type": ["VerifiableCredential", "WorkPermit"]}`, []string{"jwt"}},
		"of every type":                {`{"type": "VerifiableCredential"}`, []string{"jwt", "jose", "ld", "jcs"}},
		"by context":                   {`{"@context": "https://www.w3.org/ns/credentials/v2"}`, []string{"jose", "ld", "jcs"}},
		"another type":                 {`{"type": "Passport"}`, nil},
		"one type too many":            {`{"type": ["WorkPermit", "Passport"]}`, nil},
		"a type in another spelling":   {`{"type": "workpermit"}`, nil},
		"by subject":                   {`{"credentialSubject": {"id": "did:example:ann", "name": "Ann"}}`, []string{"jwt"}},
		"another subject":              {`{"credentialSubject": {"id": "did:example:bob"}}`, nil},
		"a member that is not there":   {`{"credentialSubject": {"nickname": "Ann"}}`, nil},
		"any value":                    {`{"credentialSubject": {"name": ""}}`, []string{"jwt"}},
		"any value of none":            {`{"credentialSubject": {"nickname": ""}}`, nil},
		"a number":                     {`{"credentialSubject": {"level": 3}}`, []string{"jwt"}},
		"a number as text":             {`{"credentialSubject": {"level": "3"}}`, nil},
		"one of a list":                {`{"credentialSubject": {"languages": "fr"}}`, []string{"jwt"}},
		"all of a list":                {`{"credentialSubject": {"languages": ["fr", "de"]}}`, []string{"jwt"}},
		"more than the list":           {`{"credentialSubject": {"languages": ["fr", "it"]}}`, nil},
		"an object for a text":         {`{"credentialSubject": {"name": {"first": ""}}}`, nil},
		"a text for an object":         {`{"credentialSubject": "did:example:ann"}`, nil},
		"by issuer":                    {`{"type": "WorkPermit", "issuer": "` + i.Key.DID() + `"}`, []string{"jwt"}},
		"another issuer":               {`{"type": "WorkPermit", "issuer": "did:example:eve"}`, nil},
		"what an SD-JWT VC has":        {`{"vct": "https://example.org/identity", "given_name": ""}`, []string{"sd"}},
		"a proof that is its own":      {`{"proof": {"type": "DataIntegrityProof"}}`, []string{"ld", "jcs"}},
		"a member named as a wildcard": {`{"": ""}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ask(t, w, example(test.example))
			if got := candidates(a, 0); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			if a.Satisfied != (test.want != nil) || (len(a.Presentations) > 0) != a.Satisfied {
				t.Errorf("satisfied %v with %d presentations", a.Satisfied, len(a.Presentations))
			}
		})
	}
}

// Of an SD-JWT VC an example is shown what it names.
func TestExamplesAreShownInPart(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	for asked, want := range map[string][]string{
		`{"vct": "https://example.org/identity"}`:             {},
		`{"given_name": "", "age": 36}`:                       {"age", "given_name"},
		`{"given_name": "", "address": {"locality": ""}}`:     {"address", "address/locality", "given_name"},
		`{"given_name": "Ann", "address": {}}`:                {"address", "address/locality", "address/street_address", "given_name"},
		`{"nationalities": ["FR"]}`:                           {"nationalities/0", "nationalities/1"},
		`{"degrees": {"type": "MSc"}, "birthdate": ["", ""]}`: {"birthdate", "degrees"},
	} {
		a := ask(t, w, example(asked))
		if got := disclosed(t, a); !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%s: %v, want %v", asked, got, want)
		}
	}
}

// An issuer that is an object is known by its id.
func TestIssuersOfTwoForms(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	doc := strings.Replace(permit, `"id": "urn:example:permit"`, `"issuer": {"id": "`+i.Key.DID()+`", "name": "Office"}`, 1)
	w := &query.Wallet{Credentials: []*query.Credential{i.sign(t, "c", vc.FormatVCJWT11, doc)}}
	for asked, want := range map[string]bool{
		`"` + i.Key.DID() + `"`: true, `{"id": "` + i.Key.DID() + `"}`: true, `{"name": "Office"}`: true, `""`: true,
		`"did:example:eve"`: false, `{"id": "did:example:eve"}`: false, `{"name": "Shop"}`: false,
	} {
		if a := ask(t, w, example(`{"issuer": `+asked+`}`)); a.Satisfied != want {
			t.Errorf("%s: %+v", asked, a)
		}
	}
}

func TestTrustedIssuers(t *testing.T) {
	t.Parallel()
	w, first := held(t)
	second := newIssuer(t)
	w.Credentials = append(w.Credentials, second.sign(t, "second", vc.FormatVCJWT11, permit))
	asks := func(trusted string) []string {
		return candidates(ask(t, w, `{"query": {"type": "QueryByExample", "credentialQuery": [{"example": {"type": "WorkPermit"}, "trustedIssuer": `+trusted+`}]}}`), 0)
	}
	one := func(i issuer, required string) string {
		return `{"issuer": "` + i.Key.DID() + `", "required": ` + required + `}`
	}
	for name, test := range map[string]struct {
		trusted string
		want    []string
	}{
		"one must":        {one(second, "true"), []string{"second"}},
		"one of two must": {`[` + one(second, "true") + `, ` + one(first, "true") + `]`, []string{"jwt", "second"}},
		"preferred":       {`[` + one(second, "false") + `]`, []string{"second", "jwt"}},
		"must, preferred": {`[` + one(first, "true") + `, ` + one(second, "false") + `]`, []string{"jwt"}},
		"a stranger must": {`[{"issuer": "did:example:eve", "required": true}]`, nil},
	} {
		if got := asks(test.trusted); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	w, i := held(t)
	all := []string{"jwt", "jose", "ld", "jcs", "sd"}
	for name, test := range map[string]struct {
		accepted string
		want     []string
	}{
		"anything":                 {`"reason": "r"`, all},
		"an issuer":                {`"acceptedIssuers": ["did:example:eve", "` + i.Key.DID() + `"]`, all},
		"an issuer in an object":   {`"acceptedIssuers": [{"id": "` + i.Key.DID() + `"}]`, all},
		"another":                  {`"acceptedIssuers": ["did:example:eve"]`, nil},
		"recognized elsewhere":     {`"acceptedIssuers": [{"recognizedIn": {"id": "https://example.org/list", "type": "RecognizedEntityCredential"}}]`, nil},
		"a suite":                  {`"acceptedCryptosuites": [{"cryptosuite": "bbs-2023"}, {"cryptosuite": "eddsa-rdfc-2022"}]`, []string{"ld"}},
		"a suite as a text":        {`"acceptedCryptosuites": ["eddsa-jcs-2022"]`, []string{"jcs"}},
		"another suite":            {`"acceptedCryptosuites": ["ecdsa-sd-2023"]`, nil},
		"an envelope":              {`"acceptedEnvelopes": [{"mediaType": "application/vc+jwt"}]`, []string{"jose", "ld", "jcs"}},
		"a suite, or an envelope":  {`"acceptedCryptosuites": ["eddsa-jcs-2022"], "acceptedEnvelopes": ["application/jwt"]`, []string{"jwt", "jose", "jcs"}},
		"an SD-JWT VC, or a suite": {`"acceptedCryptosuites": ["x"], "acceptedEnvelopes": ["application/dc+sd-jwt"]`, []string{"sd"}},
		"an envelope of others":    {`"acceptedCryptosuites": ["x"], "acceptedEnvelopes": ["application/mdoc"]`, nil},
	} {
		a := ask(t, w, `{"query": {"type": "QueryByExample", "group": "g", "credentialQuery": {"example": {"": ""}, `+test.accepted+`}}}`)
		if len(a.Matches[0].Candidates) > 0 || a.Group != "g" {
			t.Errorf("%s: %+v", name, a)
		}
		a = ask(t, w, `{"query": {"type": "QueryByExample", "credentialQuery": {"example": {"issuer": ""}, `+test.accepted+`}}}`)
		b := ask(t, w, `{"query": {"type": "QueryByExample", "credentialQuery": {"example": {"iss": ""}, `+test.accepted+`}}}`)
		if got := append(candidates(a, 0), candidates(b, 0)...); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// What is optional is not missed, and what is required keeps all back.
func TestRequired(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	two := func(rest string) query.Answer {
		return ask(t, w, `{"query": [{"type": "QueryByExample", "credentialQuery": [{"example": {"type": "WorkPermit"}}, {"example": {"type": "Passport"}`+rest+`}]}]}`)
	}
	if a := two(``); a.Satisfied || len(a.Presentations) > 0 || a.Reason != query.ReasonNone || a.Matches[1].Reason != query.ReasonNone {
		t.Errorf("without what is required: %+v", a)
	}
	if a := two(`, "required": false`); !a.Satisfied || len(a.Presentations) != 1 || a.Presentations[0].Format != vc.FormatVPJWT11 {
		t.Errorf("without what is not required: %+v", a)
	}
	if a := ask(t, w, `{"query": {"type": "QueryByExample", "required": false, "credentialQuery": {"example": {"type": "Passport"}}}}`); !a.Satisfied {
		t.Errorf("a query that is not required: %+v", a)
	}
}

// A presentation holds what one signature can cover.
func TestPresentationsByFormat(t *testing.T) {
	t.Parallel()
	w, i := held(t)
	w.Credentials = append(w.Credentials, i.sdjwt(t, "other", `{"vct": "https://example.org/other"}`))
	a := ask(t, w, `{"query": {"type": "QueryByExample", "credentialQuery": [{"example": {"type": "WorkPermit"}}, {"example": {"name": "Alumni"}},
		{"example": {"vct": "https://example.org/identity"}}, {"example": {"vct": ["https://example.org/identity"]}}, {"example": {"vct": "https://example.org/other"}}, {"example": {"proof": {"cryptosuite": "eddsa-rdfc-2022"}}}]}}`)
	var formats []string
	for _, p := range a.Presentations {
		formats = append(formats, p.Format)
		if _, err := i.Presentation(t.Context(), p.Credentials, p.Format, proof.Expect{Nonce: "n", Domain: "d"}); err != nil {
			t.Errorf("signing %s: %v", p.Format, err)
		}
	}
	if want := []string{vc.FormatVPJWT11, vc.FormatVPJOSE, vc.FormatSDJWT, vc.FormatSDJWT, vc.FormatLD}; !slices.Equal(formats, want) {
		t.Errorf("%v, want %v", formats, want)
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		holders []string
		query   string
		reason  string
	}{
		"anything":                          {nil, `{"type": "DIDAuthentication"}`, ""},
		"by its older name":                 {nil, `{"type": "DIDAuth"}`, ""},
		"a method, of DIDs that are told":   {[]string{"did:web:a.example", "did:key:z6"}, `{"type": "DIDAuthentication", "acceptedMethods": [{"method": "key"}]}`, ""},
		"a method, of DIDs that are not":    {nil, `{"type": "DIDAuthentication", "acceptedMethods": [{"method": "key"}]}`, ""},
		"another method":                    {[]string{"did:web:a.example"}, `{"type": "DIDAuthentication", "acceptedMethods": [{"method": "key"}]}`, query.ReasonHolder},
		"a suite of ours":                   {nil, `{"type": "DIDAuthentication", "acceptedCryptosuites": [{"cryptosuite": "bbs-2023"}, {"cryptosuite": "ecdsa-rdfc-2019"}]}`, ""},
		"no suite of ours":                  {nil, `{"type": "DIDAuthentication", "acceptedCryptosuites": [{"cryptosuite": "bbs-2023"}]}`, query.ReasonCryptosuites},
		"what is no DID is of no method":    {[]string{"key"}, `{"type": "DIDAuthentication", "acceptedMethods": [{"method": "key"}]}`, query.ReasonHolder},
		"a method that begins like another": {[]string{"did:keys:a"}, `{"type": "DIDAuthentication", "acceptedMethods": [{"method": "key"}]}`, query.ReasonHolder},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ask(t, &query.Wallet{Holders: test.holders}, `{"query": [`+test.query+`], "challenge": "c", "domain": "d.example"}`)
			if a.Type != query.ByDID || a.Reason != test.reason || a.Satisfied != (test.reason == "") || len(a.Presentations) != map[bool]int{true: 1}[a.Satisfied] {
				t.Errorf("%+v", a)
			}
			for _, h := range a.Authentication.Holders {
				if !slices.Contains(test.holders, h) {
					t.Errorf("a holder that is none: %s", h)
				}
			}
		})
	}
	optional := ask(t, &query.Wallet{}, `{"query": {"type": "DIDAuth", "required": false, "acceptedCryptosuites": [{"cryptosuite": "bbs-2023"}]}}`)
	if !optional.Satisfied || len(optional.Presentations) > 0 {
		t.Errorf("what is not required: %+v", optional)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat(`{"type": "DIDAuth"},`, 17), ",")
	for name, test := range map[string]struct {
		request string
		want    error
		path    string
	}{
		"no object":               {`[]`, query.ErrMalformed, ""},
		"no query":                {`{}`, query.ErrMalformed, "/query"},
		"none in the list":        {`{"query": []}`, query.ErrMalformed, "/query"},
		"too many":                {`{"query": [` + many + `]}`, query.ErrTooMuch, "/query"},
		"no type":                 {`{"query": [{}]}`, query.ErrMalformed, "/query/0/type"},
		"another type":            {`{"query": [{"type": "ZcapQuery"}]}`, query.ErrUnsupported, "/query/0/type"},
		"another member":          {`{"query": [{"type": "DIDAuth", "grouping": "a"}]}`, query.ErrUnsupported, "/query/0/grouping"},
		"another at the top":      {`{"query": {"type": "DIDAuth"}, "recipients": []}`, query.ErrUnsupported, "/recipients"},
		"a challenge of no text":  {`{"query": {"type": "DIDAuth"}, "challenge": 1}`, query.ErrMalformed, "/challenge"},
		"a method with a demand":  {`{"query": {"type": "DIDAuth", "acceptedMethods": [{"method": "key", "curve": "P-521"}]}}`, query.ErrUnsupported, "/query/0/acceptedMethods/0/curve"},
		"no credentialQuery":      {`{"query": {"type": "QueryByExample"}}`, query.ErrMalformed, "/query/0/credentialQuery"},
		"an empty example":        {example(`{}`), query.ErrMalformed, "/query/0/credentialQuery/example"},
		"an example of no object": {example(`7`), query.ErrMalformed, "/query/0/credentialQuery/example"},
		"an example with a demand": {`{"query": {"type": "QueryByExample", "credentialQuery": {"example": {"type": "A"}, "acceptedStatuses": ["x"]}}}`,
			query.ErrUnsupported, "/query/0/credentialQuery/acceptedStatuses"},
		"an accepted suite with a demand": {`{"query": {"type": "QueryByExample", "credentialQuery": {"example": {"type": "A"}, "acceptedCryptosuites": [{"cryptosuite": "a", "curve": "b"}]}}}`,
			query.ErrUnsupported, "/query/0/credentialQuery/acceptedCryptosuites/0/curve"},
		"a trusted issuer with a demand": {`{"query": {"type": "QueryByExample", "credentialQuery": {"example": {"type": "A"}, "trustedIssuer": {"issuer": "a:b", "x": 1}}}}`,
			query.ErrUnsupported, "/query/0/credentialQuery/trustedIssuer/x"},
		"no accepted issuers": {`{"query": {"type": "QueryByExample", "credentialQuery": {"example": {"type": "A"}, "acceptedIssuers": []}}}`,
			query.ErrMalformed, "/query/0/credentialQuery/acceptedIssuers"},
		"issuers in two ways": {`{"query": {"type": "QueryByExample", "credentialQuery": {"example": {"type": "A"}, "acceptedIssuers": ["a:b"], "trustedIssuer": {"issuer": "c:d", "required": true}}}}`,
			query.ErrMalformed, "/query/0/credentialQuery/acceptedIssuers"},
		"required of no truth": {`{"query": {"type": "QueryByExample", "credentialQuery": {"example": {"type": "A"}, "required": "yes"}}}`,
			query.ErrMalformed, "/query/0/credentialQuery/required"},
	} {
		_, err := query.ReadRequest(tree(t, test.request))
		fault, ok := errors.AsType[*query.Fault](err)
		if !ok || !errors.Is(err, test.want) || fault.Path != test.path {
			t.Errorf("%s: %v, want %v at %s", name, err, test.want, test.path)
		}
	}
}

// An example that makes for more work than is done: lists in lists, each held
// against each.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	nest := func(leaf string) string {
		for range 5 {
			leaf = `{"a": [` + strings.TrimSuffix(strings.Repeat(leaf+",", 6), ",") + `]}`
		}
		return leaf
	}
	doc := strings.Replace(permit, `"name": "Ann"`, `"a": [`+nest(`1`)+`]`, 1)
	w := &query.Wallet{Credentials: []*query.Credential{i.sign(t, "c", vc.FormatVCJWT11, doc)}}
	_, err := answers(t, w, example(`{"credentialSubject": `+nest(`2`)+`}`))
	if err != nil && !errors.Is(err, query.ErrTooMuch) {
		t.Fatal(err)
	}
	for len(w.Credentials) <= query.MaxCredentials {
		w.Credentials = append(w.Credentials, w.Credentials[0])
	}
	if _, err := answers(t, w, example(`{"type": "A"}`)); !errors.Is(err, query.ErrTooMuch) {
		t.Errorf("%d credentials: %v", len(w.Credentials), err)
	}
	w.Credentials = w.Credentials[:query.MaxCredentials]
	if _, err := answers(t, w, example(`{"credentialSubject": `+nest(`2`)+`}`)); !errors.Is(err, query.ErrTooMuch) {
		t.Errorf("much work: %v", err)
	}
}

func TestCredentialsThatAreRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	jwt := i.sign(t, "", vc.FormatVCJWT11, permit).Raw.(string)
	sd := i.sdjwt(t, "", identity, open...).Raw.(string)
	for name, raw := range map[string]any{
		"nothing":               nil,
		"a number":              7.0,
		"garbage":               "garbage",
		"garbage with a tilde":  "a.b.c~",
		"without a proof":       tree(t, alumni),
		"with no list of proof": tree(t, strings.Replace(alumni, `"name"`, `"proof": [], "name"`, 1)),
		"a JWT unsigned":        jwt[:strings.LastIndexByte(jwt, '.')+1],
		"an SD-JWT unsigned":    sd[:strings.LastIndexByte(sd[:strings.IndexByte(sd, '~')], '.')+1] + "~",
		"a disclosure of none":  sd + "WyJhIiwgImIiLCAiYyJd~",
		"no credential":         tree(t, `{"@context": ["https://www.w3.org/ns/credentials/v2"], "type": "VerifiablePresentation", "proof": {"type": "DataIntegrityProof"}}`),
	} {
		if c, err := query.Read("x", raw); !errors.Is(err, query.ErrCredential) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	// A key binding belongs to an earlier presentation, and is left behind.
	bound, err := i.Presentation(t.Context(), []any{sd}, vc.FormatSDJWT, proof.Expect{Nonce: "n", Domain: "d"})
	if err != nil {
		t.Fatal(err)
	}
	if c := keep(t, "x", bound); c.Raw != sd {
		t.Error("a key binding is kept")
	}
}
