package query_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/query"
)

func dcql(members string) string {
	return `{"query": {"type": "DCQL", "credentialQuery": {` + members + `}}}`
}

// identified asks for an SD-JWT VC of the wallet's.
func identified(rest string) string {
	return dcql(`"credentials": [{"id": "i", "format": "dc+sd-jwt", "meta": {"vct_values": ["https://example.org/identity"]}` + rest + `}]`)
}

// disclosed are the places that a presented SD-JWT VC shows.
func disclosed(t *testing.T, a query.Answer) (out []string) {
	t.Helper()
	if len(a.Presentations) != 1 || a.Presentations[0].Format != vc.FormatSDJWT {
		t.Fatalf("%+v", a)
	}
	s, err := vc.ParseSDJWT(a.Presentations[0].Credentials[0].(string))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range s.Disclosures {
		out = append(out, strings.Join(d.Path, "/"))
	}
	slices.Sort(out)
	return out
}

func TestClaimsThatAreDisclosed(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	for name, test := range map[string]struct {
		rest string
		want []string // nil: the credential is not presented
	}{
		"none":                      {``, []string{}},
		"one":                       {`, "claims": [{"path": ["given_name"]}]`, []string{"given_name"}},
		"two":                       {`, "claims": [{"path": ["given_name"]}, {"path": ["age"]}]`, []string{"age", "given_name"}},
		"one in another":            {`, "claims": [{"path": ["address", "locality"]}]`, []string{"address", "address/locality"}},
		"one in the clear":          {`, "claims": [{"path": ["address", "country"]}]`, []string{"address"}},
		"one with what is in it":    {`, "claims": [{"path": ["address"]}]`, []string{"address", "address/locality", "address/street_address"}},
		"an element":                {`, "claims": [{"path": ["nationalities", 1]}]`, []string{"nationalities/0"}},
		"all elements":              {`, "claims": [{"path": ["nationalities", null]}]`, []string{"nationalities/0", "nationalities/1"}},
		"in all elements":           {`, "claims": [{"path": ["degrees", null, "type"]}]`, []string{"degrees"}},
		"by value":                  {`, "claims": [{"path": ["given_name"], "values": ["Bob", "Ann"]}]`, []string{"given_name"}},
		"by number":                 {`, "claims": [{"path": ["age"], "values": [36]}]`, []string{"age"}},
		"an element by value":       {`, "claims": [{"path": ["nationalities", null], "values": ["FR"]}]`, []string{"nationalities/1"}},
		"another value":             {`, "claims": [{"path": ["given_name"], "values": ["Bob"]}]`, nil},
		"a value of another type":   {`, "claims": [{"path": ["age"], "values": ["36"]}]`, nil},
		"an object by value":        {`, "claims": [{"path": ["address"], "values": ["Bern"]}]`, nil},
		"one that is not there":     {`, "claims": [{"path": ["given_name"]}, {"path": ["nickname"]}]`, nil},
		"a name in a list":          {`, "claims": [{"path": ["nationalities", "0"]}]`, nil},
		"a place in an object":      {`, "claims": [{"path": ["address", 0]}]`, nil},
		"all elements of an object": {`, "claims": [{"path": ["address", null]}]`, nil},
		"below a text":              {`, "claims": [{"path": ["given_name", "first"]}]`, nil},
		"an element too far":        {`, "claims": [{"path": ["nationalities", 2]}]`, nil},
		"the first set":             {`, "claims": [{"id": "a", "path": ["age"]}, {"id": "b", "path": ["birthdate"]}], "claim_sets": [["a"], ["b"]]`, []string{"age"}},
		"the set that can be had":   {`, "claims": [{"id": "a", "path": ["over_18"]}, {"id": "b", "path": ["birthdate"]}], "claim_sets": [["a"], ["b"]]`, []string{"birthdate"}},
		"no set that can be had":    {`, "claims": [{"id": "a", "path": ["over_18"]}, {"id": "b", "path": ["birthdate"]}], "claim_sets": [["a", "b"]]`, nil},
		"members not defined":       {`, "surprise": {"a": 1}`, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ask(t, w, identified(test.rest))
			if a.Satisfied != (test.want != nil) {
				t.Fatalf("satisfied: %v, %s", a.Satisfied, a.Reason)
			}
			if test.want == nil {
				if len(a.Presentations) > 0 || a.Matches[0].Reason != query.ReasonNone {
					t.Errorf("%+v", a)
				}
				return
			}
			got := disclosed(t, a)
			if name == "an element" { // it is the only one, so it is the first now
				got = []string{got[0]}
			}
			if len(got) != len(test.want) || name != "an element by value" && !slices.Equal(got, test.want) {
				t.Errorf("disclosed %v, want %v", got, test.want)
			}
		})
	}
}

func TestFormatsOfDCQL(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	for name, test := range map[string]struct {
		query  string
		want   []string
		reason string
	}{
		"a JWT":                  {`"format": "jwt_vc_json", "meta": {}`, []string{"jwt"}, ""},
		"by a type in full":      {`"format": "jwt_vc_json", "meta": {"type_values": [["https://www.w3.org/2018/credentials#VerifiableCredential", "WorkPermit"]]}`, []string{"jwt"}, ""},
		"by one of two":          {`"format": "jwt_vc_json", "meta": {"type_values": [["Passport"], ["WorkPermit"]]}`, []string{"jwt"}, ""},
		"by a short name":        {`"format": "jwt_vc_json", "meta": {"type_values": [["VerifiableCredential"]]}`, nil, query.ReasonNone},
		"by a type too many":     {`"format": "jwt_vc_json", "meta": {"type_values": [["Passport", "WorkPermit"]]}`, nil, query.ReasonNone},
		"JSON-LD":                {`"format": "ldp_vc", "meta": {"type_values": [["https://www.w3.org/2018/credentials#VerifiableCredential"]]}`, []string{"ld", "jcs"}, ""},
		"with claims":            {`"format": "ldp_vc", "meta": {}, "claims": [{"path": ["credentialSubject", "id"]}]`, []string{"ld", "jcs"}, ""},
		"with claims it has not": {`"format": "ldp_vc", "meta": {}, "claims": [{"path": ["credentialSubject", "name"]}]`, nil, query.ReasonNone},
		"another vct":            {`"format": "dc+sd-jwt", "meta": {"vct_values": ["https://example.org/other"]}`, nil, query.ReasonNone},
		"a format of others":     {`"format": "mso_mdoc", "meta": {"doctype_value": "org.iso.18013.5.1.mDL"}`, nil, query.ReasonFormat},
		"an authority":           {`"format": "dc+sd-jwt", "meta": {}, "trusted_authorities": [{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}]`, nil, query.ReasonAuthorities},
	} {
		a := ask(t, w, dcql(`"credentials": [{"id": "x", `+test.query+`}]`))
		if got := candidates(a, 0); !slices.Equal(got, test.want) || a.Matches[0].Reason != test.reason || a.Satisfied != (test.want != nil) {
			t.Errorf("%s: %v %q, want %v %q", name, got, a.Matches[0].Reason, test.want, test.reason)
		}
	}
}

// A context that nobody published hides what the types are: nothing matches.
func TestContextsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	jwt := i.sign(t, "c", vc.FormatVCJWT11, strings.Replace(permit, `"https://www.w3.org/2018/credentials/v1"`, `"https://www.w3.org/2018/credentials/v1", "https://example.org/terms"`, 1))
	w := &query.Wallet{Credentials: []*query.Credential{jwt}}
	asked := dcql(`"credentials": [{"id": "x", "format": "jwt_vc_json", "meta": {"type_values": [["https://example.org/terms#WorkPermit"]]}}]`)
	if a := ask(t, w, asked); a.Satisfied || a.Reason != query.ReasonContext {
		t.Errorf("%+v", a)
	}
	w.Contexts = func(string) ([]byte, bool) {
		return []byte(`{"@context": {"WorkPermit": "https://example.org/terms#WorkPermit"}}`), true
	}
	if a := ask(t, w, asked); !a.Satisfied {
		t.Errorf("%+v", a)
	}
}

func TestCredentialSets(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	const queries = `"credentials": [{"id": "id", "format": "dc+sd-jwt", "meta": {"vct_values": ["https://example.org/identity"]}},
		{"id": "permit", "format": "jwt_vc_json", "meta": {}}, {"id": "doc", "format": "ldp_vc", "meta": {}, "multiple": true},
		{"id": "one", "format": "ldp_vc", "meta": {}}, {"id": "pass", "format": "mso_mdoc", "meta": {}}]`
	for name, test := range map[string]struct {
		sets string
		want []string // ids that are presented; nil: nothing is
	}{
		"all, without sets":         {``, nil},
		"the first option":          {`, "credential_sets": [{"options": [["id"], ["permit"]]}]`, []string{"id"}},
		"the option that there is":  {`, "credential_sets": [{"options": [["pass"], ["pass", "id"], ["permit"]]}]`, []string{"permit"}},
		"no option":                 {`, "credential_sets": [{"options": [["pass"], ["pass", "id"]]}]`, nil},
		"two together":              {`, "credential_sets": [{"options": [["id", "permit"]]}]`, []string{"id", "permit"}},
		"two sets":                  {`, "credential_sets": [{"options": [["id"]]}, {"options": [["permit"]]}]`, []string{"id", "permit"}},
		"one in two sets, once":     {`, "credential_sets": [{"options": [["id"]]}, {"options": [["id", "permit"]]}]`, []string{"id", "permit"}},
		"two sets, one cannot be":   {`, "credential_sets": [{"options": [["id"]]}, {"options": [["pass"]]}]`, nil},
		"one that is not required":  {`, "credential_sets": [{"options": [["id"]]}, {"options": [["pass"]], "required": false}]`, []string{"id"}},
		"multiple":                  {`, "credential_sets": [{"options": [["doc"]]}]`, []string{"doc", "doc"}},
		"one of several":            {`, "credential_sets": [{"options": [["one"]]}]`, []string{"one"}},
		"what is not required only": {`, "credential_sets": [{"options": [["id"]], "required": false}]`, []string{}},
	} {
		a := ask(t, w, dcql(queries+test.sets))
		var got []string
		for _, p := range a.Presentations {
			got = append(got, p.For...)
			if len(p.Credentials) != 1 {
				t.Errorf("%s: a presentation of %d", name, len(p.Credentials))
			}
		}
		if a.Satisfied != (test.want != nil) || !slices.Equal(got, test.want) && len(got)+len(test.want) > 0 {
			t.Errorf("%s: %v %v, want %v", name, a.Satisfied, got, test.want)
		}
	}
}

func TestUnboundIsSaid(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	if a := ask(t, w, identified(`, "require_cryptographic_holder_binding": false`)); !a.Presentations[0].Unbound {
		t.Error("a holder's proof, where none is wanted")
	}
	if a := ask(t, w, identified(``)); a.Presentations[0].Unbound {
		t.Error("no holder's proof, where one is wanted")
	}
}

func TestDCQLThatIsRefused(t *testing.T) {
	t.Parallel()
	credential := func(rest string) string {
		return dcql(`"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {}` + rest + `}]`)
	}
	const at = "/query/0/credentialQuery/credentials/0"
	for name, test := range map[string]struct {
		request string
		want    error
		path    string
	}{
		"no credentials":         {dcql(``), query.ErrMalformed, "/query/0/credentialQuery/credentials"},
		"empty credentials":      {dcql(`"credentials": []`), query.ErrMalformed, "/query/0/credentialQuery/credentials"},
		"no id":                  {dcql(`"credentials": [{"format": "ldp_vc", "meta": {}}]`), query.ErrMalformed, at + "/id"},
		"an id of other letters": {dcql(`"credentials": [{"id": "a b", "format": "ldp_vc", "meta": {}}]`), query.ErrMalformed, at + "/id"},
		"an id twice":            {dcql(`"credentials": [{"id": "a", "format": "ldp_vc", "meta": {}}, {"id": "a", "format": "ldp_vc", "meta": {}}]`), query.ErrMalformed, "/query/0/credentialQuery/credentials/1/id"},
		"no format":              {dcql(`"credentials": [{"id": "a", "meta": {}}]`), query.ErrMalformed, at + "/format"},
		"no meta":                {dcql(`"credentials": [{"id": "a", "format": "ldp_vc"}]`), query.ErrMalformed, at + "/meta"},
		"meta without vct":       {dcql(`"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"type_values": [["a"]]}}]`), query.ErrMalformed, at + "/meta/vct_values"},
		"vct of no text":         {dcql(`"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": [7]}}]`), query.ErrMalformed, at + "/meta/vct_values/0"},
		"types of no lists":      {dcql(`"credentials": [{"id": "a", "format": "ldp_vc", "meta": {"type_values": ["a"]}}]`), query.ErrMalformed, at + "/meta/type_values/0"},
		"empty claims":           {credential(`, "claims": []`), query.ErrMalformed, at + "/claims"},
		"no path":                {credential(`, "claims": [{}]`), query.ErrMalformed, at + "/claims/0/path"},
		"an empty path":          {credential(`, "claims": [{"path": []}]`), query.ErrMalformed, at + "/claims/0/path"},
		"a place below 0":        {credential(`, "claims": [{"path": ["a", -1]}]`), query.ErrMalformed, at + "/claims/0/path/1"},
		"half a place":           {credential(`, "claims": [{"path": ["a", 0.5]}]`), query.ErrMalformed, at + "/claims/0/path/1"},
		"a path of truths":       {credential(`, "claims": [{"path": [true]}]`), query.ErrMalformed, at + "/claims/0/path/0"},
		"a value of no whole":    {credential(`, "claims": [{"path": ["a"], "values": [1.5]}]`), query.ErrMalformed, at + "/claims/0/values/0"},
		"a value of null":        {credential(`, "claims": [{"path": ["a"], "values": [null]}]`), query.ErrMalformed, at + "/claims/0/values/0"},
		"sets without claims":    {credential(`, "claim_sets": [["a"]]`), query.ErrMalformed, at + "/claim_sets"},
		"sets without ids":       {credential(`, "claims": [{"path": ["a"]}], "claim_sets": [["a"]]`), query.ErrMalformed, at + "/claims/0/id"},
		"a set of no claim":      {credential(`, "claims": [{"id": "a", "path": ["a"]}], "claim_sets": [["b"]]`), query.ErrMalformed, at + "/claim_sets"},
		"a claim's id twice":     {credential(`, "claims": [{"id": "a", "path": ["a"]}, {"id": "a", "path": ["b"]}]`), query.ErrMalformed, at + "/claims/1/id"},
		"an authority of none":   {credential(`, "trusted_authorities": [{"type": "aki"}]`), query.ErrMalformed, at + "/trusted_authorities/0/values"},
		"an option of no query":  {dcql(`"credentials": [{"id": "a", "format": "ldp_vc", "meta": {}}], "credential_sets": [{"options": [["b"]]}]`), query.ErrMalformed, "/query/0/credentialQuery/credential_sets/0/options"},
		"no options":             {dcql(`"credentials": [{"id": "a", "format": "ldp_vc", "meta": {}}], "credential_sets": [{}]`), query.ErrMalformed, "/query/0/credentialQuery/credential_sets/0/options"},
		"two queries in one":     {`{"query": {"type": "DCQL", "credentialQuery": [{}, {}]}}`, query.ErrTooMuch, "/query/0/credentialQuery"},
		"a path too long":        {credential(`, "claims": [{"path": ["a"` + strings.Repeat(`, "a"`, 64) + `]}]`), query.ErrTooMuch, at + "/claims/0/path"},
	} {
		_, err := query.ReadRequest(tree(t, test.request))
		fault, ok := errors.AsType[*query.Fault](err)
		if !ok || !errors.Is(err, test.want) || fault.Path != test.path {
			t.Errorf("%s: %v, want %v at %s", name, err, test.want, test.path)
		}
	}
}
