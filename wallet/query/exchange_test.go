package query_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/query"
)

func exchange(definition string) string {
	return `{"query": {"type": "PresentationExchange", "credentialQuery": ` + definition + `}}`
}

// described asks for one input.
func described(rest string) string {
	return exchange(`{"id": "d", "input_descriptors": [{"id": "i", ` + rest + `}]}`)
}

// fielded asks for one input with one field.
func fielded(field string) string { return described(`"constraints": {"fields": [` + field + `]}`) }

func TestPresentationExchange(t *testing.T) {
	t.Parallel()
	w, i := held(t)
	w.Holders = []string{"did:example:ann"}
	w.Credentials = append(w.Credentials, i.sign(t, "self", vc.FormatVCJWT11, strings.Replace(permit, "did:example:ann", i.Key.DID(), 1)))
	for name, test := range map[string]struct {
		asked string
		want  []string
	}{
		"anything":                       {described(`"constraints": {}`), []string{"jwt", "jose", "ld", "jcs", "sd", "self"}},
		"a path":                         {fielded(`{"path": ["$.given_name"]}`), []string{"sd"}},
		"a JWT's claims":                 {fielded(`{"path": ["$.vc.credentialSubject.name"]}`), []string{"jwt", "self"}},
		"not below vc":                   {fielded(`{"path": ["$.credentialSubject.name"]}`), nil},
		"the second path":                {fielded(`{"path": ["$.nickname", "$.given_name"]}`), []string{"sd"}},
		"the path that passes":           {fielded(`{"path": ["$.family_name", "$.given_name"], "filter": {"const": "Ann"}}`), []string{"sd"}},
		"a name in brackets":             {fielded(`{"path": ["$['@context']"]}`), []string{"jose", "ld", "jcs"}},
		"everywhere":                     {fielded(`{"path": ["$..name"], "filter": {"const": "Ann"}}`), []string{"jwt", "self"}},
		"an element":                     {fielded(`{"path": ["$.degrees[1].type"], "filter": {"const": "MSc"}}`), []string{"sd"}},
		"the first of several decides":   {fielded(`{"path": ["$.degrees[*].type"], "filter": {"const": "MSc"}}`), nil},
		"a filter in a path":             {fielded(`{"path": ["$.degrees[?(@.year > 2012)].type"], "filter": {"const": "MSc"}}`), []string{"sd"}},
		"a type":                         {fielded(`{"path": ["$.type", "$.vc.type"], "filter": {"type": "array", "contains": {"const": "WorkPermit"}}}`), []string{"jwt", "self"}},
		"a pattern":                      {fielded(`{"path": ["$.birthdate"], "filter": {"type": "string", "pattern": "^19"}}`), []string{"sd"}},
		"another pattern":                {fielded(`{"path": ["$.birthdate"], "filter": {"type": "string", "pattern": "^20"}}`), nil},
		"a format":                       {fielded(`{"path": ["$.birthdate"], "filter": {"type": "string", "format": "date"}}`), []string{"sd"}},
		"another format":                 {fielded(`{"path": ["$.given_name"], "filter": {"type": "string", "format": "date"}}`), nil},
		"a number":                       {fielded(`{"path": ["$.age"], "filter": {"type": "integer", "minimum": 18}}`), []string{"sd"}},
		"a number too small":             {fielded(`{"path": ["$.age"], "filter": {"type": "integer", "minimum": 65}}`), nil},
		"another type":                   {fielded(`{"path": ["$.age"], "filter": {"type": "string"}}`), nil},
		"nothing passes":                 {fielded(`{"path": ["$.age"], "filter": false}`), nil},
		"by reference":                   {fielded(`{"path": ["$.age"], "filter": {"$defs": {"a": {"minimum": 40}}, "anyOf": [{"$ref": "#/$defs/a"}]}}`), nil},
		"by reference, which fits":       {fielded(`{"path": ["$.age"], "filter": {"$defs": {"a": {"minimum": 30}}, "$ref": "#/$defs/a"}}`), []string{"sd"}},
		"optional":                       {fielded(`{"path": ["$.nickname"], "optional": true}, {"path": ["$.given_name"]}`), []string{"sd"}},
		"two fields, one missing":        {fielded(`{"path": ["$.nickname"]}, {"path": ["$.given_name"]}`), nil},
		"a predicate that is preferred":  {fielded(`{"path": ["$.age"], "filter": {"minimum": 18}, "predicate": "preferred"}`), []string{"sd"}},
		"a format of claims":             {described(`"constraints": {}, "format": {"ldp_vc": {"proof_type": ["DataIntegrityProof"]}}`), []string{"ld", "jcs"}},
		"a cryptosuite":                  {described(`"constraints": {}, "format": {"ldp_vc": {"proof_type": ["eddsa-jcs-2022"]}}`), []string{"jcs"}},
		"another type of proof":          {described(`"constraints": {}, "format": {"ldp_vc": {"proof_type": ["Ed25519Signature2018"]}}`), nil},
		"an algorithm":                   {described(`"constraints": {}, "format": {"jwt_vc": {"alg": ["ES256", "EdDSA"]}}`), []string{"jwt", "self"}},
		"another algorithm":              {described(`"constraints": {}, "format": {"jwt_vc": {"alg": ["ES256"]}}`), nil},
		"two formats":                    {described(`"constraints": {}, "format": {"jwt_vc": {"alg": ["EdDSA"]}, "dc+sd-jwt": {}}`), []string{"jwt", "sd", "self"}},
		"a format of others":             {described(`"constraints": {}, "format": {"mso_mdoc": {"alg": ["ES256"]}}`), nil},
		"formats of both":                {exchange(`{"id": "d", "format": {"jwt_vc": {"alg": ["EdDSA"]}}, "input_descriptors": [{"id": "i", "constraints": {}, "format": {"ldp_vc": {"proof_type": ["DataIntegrityProof"]}}}]}`), nil},
		"a format for all":               {exchange(`{"id": "d", "format": {"vc+jwt": {"alg": ["EdDSA"]}}, "input_descriptors": [{"id": "i", "constraints": {}}]}`), []string{"jose"}},
		"issued by its subject":          {described(`"constraints": {"subject_is_issuer": "required"}`), []string{"self"}},
		"about the holder":               {described(`"constraints": {"fields": [{"id": "f", "path": ["$"]}], "is_holder": [{"field_id": ["f"], "directive": "required"}]}`), []string{"jwt", "jose", "ld", "jcs"}},
		"a status that is allowed":       {described(`"constraints": {"statuses": {"revoked": {"directive": "allowed"}}, "fields": [{"path": ["$.given_name"]}]}`), []string{"sd"}},
		"the same subject, if it can be": {described(`"constraints": {"same_subject": [{"field_id": ["f"], "directive": "preferred"}], "fields": [{"path": ["$.given_name"]}]}`), []string{"sd"}},
		"a draft that is named":          {fielded(`{"path": ["$.age"], "filter": {"$schema": "http://json-schema.org/draft-07/schema#", "minimum": 18}}`), []string{"sd"}},
		"limited, and shown in part":     {described(`"constraints": {"limit_disclosure": "required", "fields": [{"path": ["$.given_name"]}]}`), []string{"sd"}},
		"limited if it can be":           {described(`"constraints": {"limit_disclosure": "preferred", "fields": [{"path": ["$.vc.type", "$.given_name"]}]}`), []string{"jwt", "sd", "self"}},
		"limited, and shown as a whole":  {described(`"constraints": {"limit_disclosure": "required", "fields": [{"path": ["$.vc.type"]}]}`), nil},
		"one listed as the one it is":    {exchange(`[{"id": "d", "input_descriptors": [{"id": "i", "constraints": {"fields": [{"path": ["$.given_name"]}]}}]}]`), []string{"sd"}},
		"an element from the end":        {fielded(`{"path": ["$.degrees[-1].type"], "filter": {"const": "MSc"}}`), []string{"sd"}},
		"the values of an object":        {fielded(`{"path": ["$.address.*"], "filter": {"const": "CH"}}`), []string{"sd"}}, // by name country is the first
		"the whole":                      {fielded(`{"path": ["$"], "filter": {"required": ["given_name", "age"]}}`), []string{"sd"}},
		"a path that is not for a value": {fielded(`{"path": ["$.given_name.first"]}`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := ask(t, w, test.asked)
			if got := candidates(a, 0); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			if a.Satisfied != (test.want != nil) || (a.Submission != nil) != a.Satisfied || (len(a.Presentations) > 0) != a.Satisfied {
				t.Errorf("%+v", a)
			}
		})
	}
}

// An SD-JWT VC is about its sub, or else about whoever has the key that it names.
func TestHoldersOfSDJWTs(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	cnf := `"cnf": {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}`
	w := &query.Wallet{Holders: []string{"did:example:ann"}, Credentials: []*query.Credential{
		i.sdjwt(t, "hers", `{"vct": "v", "sub": "did:example:ann"}`), i.sdjwt(t, "his", `{"vct": "v", "sub": "did:example:bob", `+cnf+`}`),
		i.sdjwt(t, "bound", `{"vct": "v", `+cnf+`}`), i.sdjwt(t, "nobody's", `{"vct": "v"}`), i.sdjwt(t, "self", `{"vct": "v", "sub": "`+i.Key.DID()+`"}`),
	}}
	for constraints, want := range map[string][]string{
		`"is_holder": [{"field_id": ["f"], "directive": "required"}]`:  {"hers", "bound"},
		`"is_holder": [{"field_id": ["f"], "directive": "preferred"}]`: {"hers", "his", "bound", "nobody's", "self"},
		`"subject_is_issuer": "required"`:                              {"self"},
	} {
		a := ask(t, w, described(`"constraints": {"fields": [{"id": "f", "path": ["$.vct"]}], `+constraints+`}`))
		if got := candidates(a, 0); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", constraints, got, want)
		}
	}
}

// What may not be shown in part is told apart from what is not there.
func TestUndisclosedIsSaid(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	a := ask(t, w, described(`"constraints": {"limit_disclosure": "required", "fields": [{"path": ["$.vc.type"]}]}`))
	if a.Reason != query.ReasonUndisclosed || a.Matches[0].Reason != query.ReasonUndisclosed {
		t.Errorf("%+v", a)
	}
}

func TestLimitedDisclosure(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	all := []string{"address", "address/locality", "address/street_address", "age", "birthdate", "degrees", "family_name", "given_name", "nationalities/0", "nationalities/1"}
	for name, test := range map[string]struct {
		constraints string
		want        []string
	}{
		"nothing said":          {`"fields": [{"path": ["$.given_name"]}]`, all},
		"required":              {`"limit_disclosure": "required", "fields": [{"path": ["$.given_name"]}]`, []string{"given_name"}},
		"preferred":             {`"limit_disclosure": "preferred", "fields": [{"path": ["$.given_name"]}]`, []string{"given_name"}},
		"without fields":        {`"limit_disclosure": "required"`, []string{}},
		"with no fields":        {`"limit_disclosure": "required", "fields": []`, []string{}},
		"nested":                {`"limit_disclosure": "required", "fields": [{"path": ["$.address.locality"]}]`, []string{"address", "address/locality"}},
		"the path that is met":  {`"limit_disclosure": "required", "fields": [{"path": ["$.nickname", "$.age", "$.birthdate"]}]`, []string{"age"}},
		"the first that passes": {`"limit_disclosure": "required", "fields": [{"path": ["$.given_name", "$.birthdate"], "filter": {"format": "date"}}]`, []string{"birthdate"}},
		"optional":              {`"limit_disclosure": "required", "fields": [{"path": ["$.age"], "optional": true}, {"path": ["$.nickname"], "optional": true}]`, []string{"age"}},
		"one element":           {`"limit_disclosure": "required", "fields": [{"path": ["$.nationalities[0]"]}]`, []string{"nationalities/0"}},
		"all below":             {`"limit_disclosure": "required", "fields": [{"path": ["$.address"]}]`, []string{"address", "address/locality", "address/street_address"}},
	} {
		a := ask(t, w, exchange(`{"id": "d", "input_descriptors": [{"id": "i", "format": {"vc+sd-jwt": {"sd-jwt_alg_values": ["EdDSA"]}}, "constraints": {`+test.constraints+`}}]}`))
		if got := disclosed(t, a); !slices.Equal(got, test.want) && len(got)+len(test.want) > 0 {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
		if got := a.Submission.Map[0]; got.Format != "vc+sd-jwt" || got.Path != "$" || got.Nested != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Of a query that is not required, what there is is presented.
func TestExchangeThatIsNotRequired(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	const definition = `{"id": "d", "input_descriptors": [{"id": "a", "constraints": {"fields": [{"path": ["$.vct"]}]}}, {"id": "b", "constraints": {"fields": [{"path": ["$.nothing"]}]}}]}`
	a := ask(t, w, `{"query": {"type": "PresentationExchange", "required": false, "credentialQuery": `+definition+`}}`)
	if !a.Satisfied || len(a.Submission.Map) != 1 || a.Submission.Map[0].ID != "a" {
		t.Errorf("%+v", a)
	}
}

func TestPresentationSubmission(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	descriptor := func(id, path string) string {
		return `{"id": "` + id + `", "constraints": {"fields": [{"path": ["` + path + `"]}]}}`
	}
	for name, test := range map[string]struct{ descriptors, want string }{
		"one JWT":     {descriptor("a", "$.vc"), `[{"id":"a","format":"jwt_vp","path":"$","path_nested":{"id":"a","format":"jwt_vc","path":"$.vp.verifiableCredential[0]"}}]`},
		"one SD-JWT":  {descriptor("a", "$.vct"), `[{"id":"a","format":"dc+sd-jwt","path":"$"}]`},
		"one JSON-LD": {descriptor("a", "$.proof.proofValue"), `[{"id":"a","format":"ldp_vp","path":"$","path_nested":{"id":"a","format":"ldp_vc","path":"$.verifiableCredential[0]"}}]`},
		"one for two": {descriptor("a", "$.vc") + "," + descriptor("b", "$.vc.type"),
			`[{"id":"a","format":"jwt_vp","path":"$","path_nested":{"id":"a","format":"jwt_vc","path":"$.vp.verifiableCredential[0]"}},` +
				`{"id":"b","format":"jwt_vp","path":"$","path_nested":{"id":"b","format":"jwt_vc","path":"$.vp.verifiableCredential[0]"}}]`},
		"two of two kinds": {descriptor("a", "$.vct") + "," + descriptor("b", "$.vc"),
			`[{"id":"a","format":"dc+sd-jwt","path":"$[0]"},{"id":"b","format":"jwt_vp","path":"$[1]","path_nested":{"id":"b","format":"jwt_vc","path":"$.vp.verifiableCredential[0]"}}]`},
	} {
		a := ask(t, w, exchange(`{"id": "d", "input_descriptors": [`+test.descriptors+`]}`))
		got, err := json.Marshal(a.Submission.Map)
		if err != nil || string(got) != test.want || a.Submission.Definition != "d" || a.Submission.ID == "" {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestSubmissionRequirements(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	// a, b and c there are; x is not there.
	const descriptors = `"input_descriptors": [
		{"id": "a", "group": ["A", "all"], "constraints": {"fields": [{"path": ["$.vc"]}]}},
		{"id": "x", "group": ["A", "X"], "constraints": {"fields": [{"path": ["$.nothing"]}]}},
		{"id": "b", "group": ["B", "all"], "constraints": {"fields": [{"path": ["$.vct"]}]}},
		{"id": "c", "group": ["B", "A"], "constraints": {"fields": [{"path": ["$.proof"]}]}}]`
	for name, test := range map[string]struct {
		requirements string
		want         []string
	}{
		"all of a group":              {`{"rule": "all", "from": "B"}`, []string{"b", "c"}},
		"all, one missing":            {`{"rule": "all", "from": "A"}`, nil},
		"pick one":                    {`{"rule": "pick", "count": 1, "from": "A"}`, []string{"a"}},
		"pick two":                    {`{"rule": "pick", "count": 2, "from": "A"}`, []string{"a", "c"}},
		"pick three of two":           {`{"rule": "pick", "count": 3, "from": "A"}`, nil},
		"pick at least":               {`{"rule": "pick", "min": 2, "from": "B"}`, []string{"b", "c"}},
		"pick none at least":          {`{"rule": "pick", "min": 0, "from": "B"}`, []string{}},
		"pick at most":                {`{"rule": "pick", "max": 1, "from": "B"}`, []string{"b"}},
		"pick at most, none is there": {`{"rule": "pick", "max": 1, "from": "X"}`, []string{}},
		"pick, no number":             {`{"rule": "pick", "from": "B"}`, []string{"b"}},
		"pick, no number, none there": {`{"rule": "pick", "from": "X"}`, nil},
		"two":                         {`{"rule": "all", "from": "all"}, {"rule": "pick", "count": 1, "from": "X"}`, nil},
		// c would make two of A: only b can be picked of B.
		"groups that overlap": {`{"rule": "pick", "count": 1, "from": "A"}, {"rule": "pick", "count": 1, "from": "B"}`, []string{"a", "b"}},
		"one for both":        {`{"rule": "pick", "count": 1, "from": "B"}, {"rule": "pick", "count": 2, "from": "A"}`, []string{"a", "c"}},
		"nested, all":         {`{"rule": "all", "from_nested": [{"rule": "pick", "count": 1, "from": "A"}, {"rule": "all", "from": "B"}]}`, []string{"b", "c"}},
		"nested, pick":        {`{"rule": "pick", "count": 1, "from_nested": [{"rule": "all", "from": "A"}, {"rule": "all", "from": "B"}]}`, []string{"b", "c"}},
		"nested twice":        {`{"rule": "all", "from_nested": [{"rule": "pick", "count": 1, "from_nested": [{"rule": "all", "from": "X"}, {"rule": "pick", "from": "all"}]}]}`, []string{"a"}},
		"one of two exactly":  {`{"rule": "pick", "count": 1, "from_nested": [{"rule": "pick", "min": 1, "from": "A"}, {"rule": "all", "from": "B"}]}`, []string{"a"}},
	} {
		a := ask(t, w, exchange(`{"id": "d", `+descriptors+`, "submission_requirements": [`+test.requirements+`]}`))
		var got []string
		if a.Submission != nil {
			for _, m := range a.Submission.Map {
				got = append(got, m.ID)
			}
		}
		if a.Satisfied != (test.want != nil) || !slices.Equal(got, test.want) && len(got)+len(test.want) > 0 {
			t.Errorf("%s: %v %v, want %v", name, a.Satisfied, got, test.want)
		}
		if !a.Satisfied && (a.Reason != query.ReasonSets || len(a.Presentations) > 0) {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// Requirements that can be met in more ways than can be tried, and in none.
func TestRequirementsAreBounded(t *testing.T) {
	t.Parallel()
	w, _ := held(t)
	one := `{"id": "%", "group": ["A", "B"], "constraints": {}}`
	var all []string
	for i := range 60 {
		all = append(all, strings.Replace(one, "%", string(rune('a'+i%26))+string(rune('a'+i/26)), 1))
	}
	_, err := answers(t, w, exchange(`{"id": "d", "input_descriptors": [`+strings.Join(all, ",")+`],
		"submission_requirements": [{"rule": "pick", "count": 30, "from": "A"}, {"rule": "pick", "count": 31, "from": "B"}]}`))
	if !errors.Is(err, query.ErrTooMuch) {
		t.Errorf("%v", err)
	}
}

// Filters that are much to compile, to hold, or to frame against many credentials.
func TestMuchWorkIsRefused(t *testing.T) {
	t.Parallel()
	filter := func(n int) string {
		return `{"allOf": [` + strings.TrimSuffix(strings.Repeat(`{"minProperties": 0},`, n), ",") + `]}`
	}
	fields := func(n int, filter string) string {
		return fielded(strings.TrimSuffix(strings.Repeat(`{"path": ["$"], "optional": true, "filter": `+filter+`},`, n), ","))
	}
	read := func(text string) error {
		_, err := query.ReadRequest(tree(t, text))
		return err
	}
	for what, test := range map[string]struct {
		err  error
		most bool
	}{
		"a filter":      {read(fields(1, filter(255))), true},
		"a larger one":  {read(fields(1, filter(256))), false},
		"16 filters":    {read(fields(16, filter(255))), true},
		"one more":      {read(fields(17, filter(255))), false},
		"in two itself": {read(exchange(`{"id": "d", "input_descriptors": [{"id": "i", "constraints": {"fields": [{"path": ["$"], "filter": {"$defs": {"a": {"not": {"$ref": "#"}}}, "$ref": "#/$defs/a"}}]}}]}`)), false},
	} {
		if test.most && test.err != nil || !test.most && !errors.Is(test.err, query.ErrTooMuch) {
			t.Errorf("%s: %v", what, test.err)
		}
	}
	i := newIssuer(t)
	w := &query.Wallet{}
	one := i.sign(t, "c", vc.FormatVCJOSE, alumni)
	for range query.MaxCredentials {
		w.Credentials = append(w.Credentials, one)
	}
	const framed = `{"query": {"type": "QueryByFrame", "credentialQuery": {"frame": {"@context": "https://www.w3.org/ns/credentials/v2", "type": "VerifiableCredential"}}}}`
	for what, text := range map[string]string{
		"filters": fields(16, filter(255)), "frames": framed,
		"paths": fielded(strings.TrimSuffix(strings.Repeat(`{"path": ["$..[*,*,*,*,*]"], "optional": true},`, 60), ",")),
	} {
		if _, err := answers(t, w, text); !errors.Is(err, query.ErrTooMuch) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestDefinitionsThatAreRefused(t *testing.T) {
	t.Parallel()
	const at = "/query/0/credentialQuery"
	const in = at + "/input_descriptors/0"
	const field = in + "/constraints/fields/0"
	deep := `{"rule": "all", "from": "A"}`
	for range 9 {
		deep = `{"rule": "all", "from_nested": [` + deep + `]}`
	}
	required := func(requirement string) string {
		return exchange(`{"id": "d", "input_descriptors": [{"id": "i", "group": ["A"], "constraints": {}}], "submission_requirements": [` + requirement + `]}`)
	}
	path := func(p string) string { return fielded(`{"path": ["` + p + `"]}`) }
	filtered := func(f string) string { return fielded(`{"path": ["$"], "filter": ` + f + `}`) }
	for name, test := range map[string]struct {
		request string
		want    error
		path    string
	}{
		"no id":                     {exchange(`{"input_descriptors": [{"id": "i", "constraints": {}}]}`), query.ErrMalformed, at + "/id"},
		"no descriptors":            {exchange(`{"id": "d"}`), query.ErrMalformed, at + "/input_descriptors"},
		"a descriptor without id":   {exchange(`{"id": "d", "input_descriptors": [{"constraints": {}}]}`), query.ErrMalformed, in + "/id"},
		"one without constraints":   {exchange(`{"id": "d", "input_descriptors": [{"id": "i"}]}`), query.ErrMalformed, in + "/constraints"},
		"two of one id":             {exchange(`{"id": "d", "input_descriptors": [{"id": "i", "constraints": {}}, {"id": "i", "constraints": {}}]}`), query.ErrMalformed, at + "/input_descriptors/1/id"},
		"another member":            {exchange(`{"id": "d", "surprise": 1, "input_descriptors": [{"id": "i", "constraints": {}}]}`), query.ErrUnsupported, at + "/surprise"},
		"another of a descriptor":   {described(`"schema": [], "constraints": {}`), query.ErrUnsupported, in + "/schema"},
		"another of constraints":    {described(`"constraints": {"surprise": 1}`), query.ErrUnsupported, in + "/constraints/surprise"},
		"another of a field":        {fielded(`{"path": ["$"], "surprise": 1}`), query.ErrUnsupported, field + "/surprise"},
		"a frame":                   {exchange(`{"id": "d", "frame": {}, "input_descriptors": [{"id": "i", "constraints": {}}]}`), query.ErrUnsupported, at + "/frame"},
		"another limit":             {described(`"constraints": {"limit_disclosure": "maybe"}`), query.ErrMalformed, in + "/constraints/limit_disclosure"},
		"a status that is required": {described(`"constraints": {"statuses": {"active": {"directive": "required"}}}`), query.ErrUnsupported, in + "/constraints/statuses/active"},
		"a status without a word":   {described(`"constraints": {"statuses": {"active": {}}}`), query.ErrUnsupported, in + "/constraints/statuses/active"},
		"another status":            {described(`"constraints": {"statuses": {"stolen": {"directive": "allowed"}}}`), query.ErrUnsupported, in + "/constraints/statuses/stolen"},
		"the same subject":          {described(`"constraints": {"same_subject": [{"field_id": ["f"], "directive": "required"}]}`), query.ErrUnsupported, in + "/constraints/same_subject"},
		"a relation of no field":    {described(`"constraints": {"is_holder": [{"field_id": ["f"], "directive": "required"}]}`), query.ErrMalformed, in + "/constraints/is_holder/0/field_id"},
		"a relation with a demand":  {described(`"constraints": {"fields": [{"id": "f", "path": ["$"]}], "is_holder": [{"field_id": ["f"], "directive": "preferred", "x": 1}]}`), query.ErrUnsupported, in + "/constraints/is_holder/0/x"},
		"a status with a demand":    {described(`"constraints": {"statuses": {"active": {"directive": "allowed", "x": 1}}}`), query.ErrUnsupported, in + "/constraints/statuses/active/x"},
		"an empty format":           {described(`"format": {}, "constraints": {}`), query.ErrMalformed, in + "/format"},
		"a format with a demand":    {described(`"format": {"jwt_vc": {"crit": ["b64"]}}, "constraints": {}`), query.ErrUnsupported, in + "/format/jwt_vc/crit"},

		"no path":                   {fielded(`{}`), query.ErrMalformed, field + "/path"},
		"an empty path":             {fielded(`{"path": []}`), query.ErrMalformed, field + "/path"},
		"no JSONPath":               {path(`given_name`), query.ErrMalformed, field + "/path/0"},
		"a script":                  {path(`$.degrees[(@.length-1)]`), query.ErrMalformed, field + "/path/0"},
		"a name with @":             {path(`$.@context`), query.ErrMalformed, field + "/path/0"},
		"a function":                {path(`$[?length(@.a) > 1]`), query.ErrUnsupported, field + "/path/0"},
		"two descents":              {path(`$..a..b`), query.ErrTooMuch, field + "/path/0"},
		"two filters":               {path(`$[?@.a][?@.b]`), query.ErrTooMuch, field + "/path/0"},
		"another root":              {path(`$[?@.a == $.b]`), query.ErrTooMuch, field + "/path/0"},
		"many selectors":            {path(`$[*,*][*,*][*,*][*,*][*,*]`), query.ErrTooMuch, field + "/path/0"},
		"a long path":               {path(`$` + strings.Repeat(`.a`, 300)), query.ErrTooMuch, field + "/path/0"},
		"a field's id twice":        {fielded(`{"id": "f", "path": ["$"]}, {"id": "f", "path": ["$"]}`), query.ErrMalformed, in + "/constraints/fields/1/id"},
		"a predicate to prove":      {fielded(`{"path": ["$.age"], "filter": {"minimum": 18}, "predicate": "required"}`), query.ErrUnsupported, field + "/predicate"},
		"a predicate of nothing":    {fielded(`{"path": ["$.age"], "predicate": "preferred"}`), query.ErrMalformed, field + "/filter"},
		"a filter of no schema":     {filtered(`7`), query.ErrMalformed, field + "/filter"},
		"a keyword of others":       {filtered(`{"formatMinimum": "2020-01-01"}`), query.ErrUnsupported, field + "/filter/formatMinimum"},
		"a keyword of newer drafts": {filtered(`{"minContains": 2}`), query.ErrUnsupported, field + "/filter/minContains"},
		"one in another":            {filtered(`{"properties": {"a": {"unevaluatedProperties": false}}}`), query.ErrUnsupported, field + "/filter/properties/a/unevaluatedProperties"},
		"one that is referred to":   {filtered(`{"$defs": {"a": {"dependentRequired": {}}}, "$ref": "#/$defs/a"}`), query.ErrUnsupported, field + "/filter/$ref/dependentRequired"},
		"a format that is not one":  {filtered(`{"format": "iban"}`), query.ErrUnsupported, field + "/filter/format"},
		"a newer draft":             {filtered(`{"$schema": "https://json-schema.org/draft/2020-12/schema"}`), query.ErrUnsupported, field + "/filter/$schema"},
		"a wrong keyword's value":   {filtered(`{"minimum": "18"}`), query.ErrUnsupported, field + "/filter"},
		"a pattern with a look":     {filtered(`{"pattern": "^(?!a)"}`), query.ErrUnsupported, field + "/filter"},
		"a pattern with no end":     {filtered(`{"pattern": "("}`), query.ErrUnsupported, field + "/filter"},
		"a reference outside":       {filtered(`{"$ref": "file:///etc/passwd"}`), query.ErrUnsupported, field + "/filter/$ref"},
		"a reference to the web":    {filtered(`{"$ref": "https://example.org/schema"}`), query.ErrUnsupported, field + "/filter/$ref"},
		"a reference to nothing":    {filtered(`{"$ref": "#/$defs/a"}`), query.ErrUnsupported, field + "/filter/$ref"},
		"a reference escaped":       {filtered(`{"$defs": {"a/b": true}, "$ref": "#/$defs/a~1b"}`), query.ErrUnsupported, field + "/filter/$ref"},
		"a reference by name":       {filtered(`{"$defs": {"a": true}, "$ref": "#a"}`), query.ErrUnsupported, field + "/filter/$ref"},
		"a reference that hides":    {filtered(`{"$defs": {"a": true}, "$ref": "#/$defs/a", "minimum": 18}`), query.ErrUnsupported, field + "/filter/$ref"},
		"a reference to itself":     {filtered(`{"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}`), query.ErrTooMuch, ""},

		"another rule":           {required(`{"rule": "some", "from": "A"}`), query.ErrMalformed, at + "/submission_requirements/0/rule"},
		"no from":                {required(`{"rule": "all"}`), query.ErrMalformed, at + "/submission_requirements/0/from"},
		"from both":              {required(`{"rule": "all", "from": "A", "from_nested": [{"rule": "all", "from": "A"}]}`), query.ErrMalformed, at + "/submission_requirements/0/from"},
		"from no group":          {required(`{"rule": "all", "from": "Z"}`), query.ErrMalformed, at + "/submission_requirements/0/from"},
		"from nothing nested":    {required(`{"rule": "all", "from_nested": []}`), query.ErrMalformed, at + "/submission_requirements/0/from_nested"},
		"a count of none":        {required(`{"rule": "pick", "count": 0, "from": "A"}`), query.ErrMalformed, at + "/submission_requirements/0/count"},
		"a half":                 {required(`{"rule": "pick", "min": 0.5, "from": "A"}`), query.ErrMalformed, at + "/submission_requirements/0/min"},
		"at most less than two":  {required(`{"rule": "pick", "min": 2, "max": 1, "from": "A"}`), query.ErrMalformed, at + "/submission_requirements/0/max"},
		"another of requirement": {required(`{"rule": "all", "from": "A", "weight": 1}`), query.ErrUnsupported, at + "/submission_requirements/0/weight"},
		"too deep":               {required(deep), query.ErrTooMuch, at + "/submission_requirements/0" + strings.Repeat("/from_nested/0", 8)},
	} {
		_, err := query.ReadRequest(tree(t, test.request))
		fault, ok := errors.AsType[*query.Fault](err)
		if !ok || !errors.Is(err, test.want) || test.path != "" && fault.Path != test.path {
			t.Errorf("%s: %v, want %v at %s", name, err, test.want, test.path)
		}
	}
}
