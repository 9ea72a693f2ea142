package query_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
	"github.com/procura-dev/procura/wallet/query"
)

const manifest = `{"id": "m", "spec_version": "https://identity.foundation/credential-manifest/spec/v1.0.0/", "issuer": {"id": "did:example:issuer", "name": "Office"},
	"output_descriptors": [{"id": "permit", "schema": "https://example.org/permit", "styles": {"background": {"color": "#ff0000"}}, "display": {
		"title": {"path": ["$.name", "$.vc.credentialSubject.name"], "schema": {"type": "string"}, "fallback": "Permit"},
		"subtitle": {"path": ["$.vc.credentialSubject.level"], "schema": {"type": "string"}, "fallback": "of some level"},
		"description": {"text": "May work."},
		"properties": [{"path": ["$.vc.credentialSubject.level"], "schema": {"type": "integer"}, "label": "Level"},
			{"path": ["$.vc.credentialSubject.nothing"], "schema": {"type": "boolean"}, "label": "Nothing", "fallback": "Unknown"}]}},
		{"id": "plain", "schema": "https://example.org/plain"}]}`

func resolve(t *testing.T, request map[string]any) ([]query.Resolved, error) {
	t.Helper()
	raw, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	return query.ResolveManifest(t.Context(), tree(t, string(raw)))
}

func TestResolveManifest(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	jwt, ld := i.sign(t, "", vc.FormatVCJWT11, permit).Raw, i.sign(t, "", vc.FormatLD, alumni).Raw
	const want = `[{"descriptor_id":"permit","title":"Ann","subtitle":"of some level","description":"May work.","styles":{"background":{"color":"#ff0000"}},` +
		`"properties":[{"label":"Level","value":3,"schema":{"type":"integer"}},{"label":"Nothing","value":"Unknown","schema":{"type":"boolean"}}]},{"descriptor_id":"plain"}]`
	for name, request := range map[string]map[string]any{
		"one by one": {"manifest": tree(t, manifest), "credentials": []any{
			map[string]any{"descriptor": "permit", "credential": jwt}, map[string]any{"descriptor": "plain", "credential": ld}}},
		"in a response": {"manifest": tree(t, manifest), "response": map[string]any{
			"verifiableCredential": []any{ld, jwt}, "type": "VerifiablePresentation",
			"credential_response": tree(t, `{"id": "r", "manifest_id": "m", "applicant": "did:example:ann", "fulfillment": {"descriptor_map": [
				{"id": "permit", "format": "jwt_vc", "path": "$.verifiableCredential[1]"}, {"id": "plain", "format": "ldp_vc", "path": "$.verifiableCredential[0]"}]}}`)}},
	} {
		got, err := resolve(t, request)
		text, _ := json.Marshal(got)
		if err != nil || string(text) != want {
			t.Errorf("%s: %s, %v, want %s", name, text, err, want)
		}
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	jwt := i.sign(t, "", vc.FormatVCJWT11, permit).Raw
	one := []any{map[string]any{"descriptor": "permit", "credential": jwt}}
	with := func(display string) map[string]any {
		return map[string]any{"credentials": one, "manifest": tree(t, `{"id": "m", "output_descriptors": [{"id": "permit", "schema": "s", "display": `+display+`}]}`)}
	}
	answered := func(response string) map[string]any {
		return map[string]any{"manifest": tree(t, manifest), "response": map[string]any{"verifiableCredential": []any{jwt}, "credential_response": tree(t, response)}}
	}
	for name, test := range map[string]struct {
		request map[string]any
		want    error
		path    string
	}{
		"nothing":                 {map[string]any{}, query.ErrMalformed, "/manifest"},
		"no manifest":             {map[string]any{"credentials": one}, query.ErrMalformed, "/manifest"},
		"no credentials":          {map[string]any{"manifest": tree(t, manifest)}, query.ErrMalformed, "/credentials"},
		"both":                    {map[string]any{"manifest": tree(t, manifest), "credentials": one, "response": map[string]any{}}, query.ErrMalformed, "/response/credential_response"},
		"no credential":           {map[string]any{"manifest": tree(t, manifest), "credentials": []any{map[string]any{"descriptor": "permit", "credential": "x"}}}, query.ErrMalformed, "/credentials/0/credential"},
		"another descriptor":      {map[string]any{"manifest": tree(t, manifest), "credentials": []any{map[string]any{"descriptor": "x", "credential": jwt}}}, query.ErrMalformed, "/credentials/0"},
		"an unknown member":       {map[string]any{"manifest": tree(t, manifest), "credentials": one, "x": 1}, query.ErrUnsupported, "/x"},
		"a display to be fetched": {with(`"https://example.org/display"`), query.ErrUnsupported, "/manifest/output_descriptors/0/display"},
		"no schema":               {with(`{"title": {"path": ["$.a"]}}`), query.ErrMalformed, "/manifest/output_descriptors/0/display/title/schema"},
		"a schema of objects":     {with(`{"title": {"path": ["$.a"], "schema": {"type": "object"}}}`), query.ErrMalformed, "/manifest/output_descriptors/0/display/title/schema/type"},
		"a schema with more":      {with(`{"title": {"path": ["$.a"], "schema": {"type": "string", "pattern": "a"}}}`), query.ErrUnsupported, "/manifest/output_descriptors/0/display/title/schema/pattern"},
		"no path":                 {with(`{"title": {"schema": {"type": "string"}}}`), query.ErrMalformed, "/manifest/output_descriptors/0/display/title/path"},
		"a wide path":             {with(`{"title": {"path": ["$..a..b"], "schema": {"type": "string"}}}`), query.ErrTooMuch, "/manifest/output_descriptors/0/display/title/path/0"},
		"a property unlabelled":   {with(`{"properties": [{"text": "a"}]}`), query.ErrMalformed, "/manifest/output_descriptors/0/display/properties/0/label"},
		"a fallback of no text":   {with(`{"title": {"path": ["$.a"], "schema": {"type": "string"}, "fallback": {}}}`), query.ErrMalformed, "/manifest/output_descriptors/0/display/title/fallback"},
		"another manifest's":      {answered(`{"manifest_id": "x", "fulfillment": {"descriptor_map": [{"id": "permit", "path": "$.verifiableCredential[0]"}]}}`), query.ErrMalformed, "/response/credential_response/manifest_id"},
		"a denial":                {answered(`{"manifest_id": "m", "denial": {"reason": "no"}}`), query.ErrMalformed, "/response/credential_response/fulfillment"},
		"a path to nothing":       {answered(`{"manifest_id": "m", "fulfillment": {"descriptor_map": [{"id": "permit", "path": "$.verifiableCredential[1]"}]}}`), query.ErrMalformed, "/response/credential_response/fulfillment/descriptor_map/0/path"},
		"a path to no credential": {answered(`{"manifest_id": "m", "fulfillment": {"descriptor_map": [{"id": "permit", "path": "$.credential_response"}]}}`), query.ErrMalformed, "/response/credential_response/fulfillment/descriptor_map/0/path"},
	} {
		_, err := resolve(t, test.request)
		fault, ok := errors.AsType[*query.Fault](err)
		if !ok || !errors.Is(err, test.want) || fault.Path != test.path {
			t.Errorf("%s: %v, want %v at %s", name, err, test.want, test.path)
		}
	}
}
