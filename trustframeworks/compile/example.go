package compile

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/procura-dev/procura/trustframeworks"
)

// What example credentials say of everything that the framework leaves open.
// The DIDs are those of the did:key specification's examples.
const (
	exampleIssuer  = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	exampleHolder  = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
	exampleProxied = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG"
	exampleService = "https://example.org/"
)

// exampleIssued and exampleLife bound the examples' dates; a shorter maxLife wins.
var (
	exampleIssued = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	exampleLife   = 30 * 24 * time.Hour
)

// examples builds a credential for each variant that its own schema accepts.
// Where the schema leaves no way to guess a value it is a finding: the author
// gives one in "examples".
func (f *Framework) examples() (map[string][]byte, []trustframeworks.Finding, error) {
	all := map[string][]byte{}
	var found []trustframeworks.Finding
	for i := range f.Document.Variants {
		e := exampler{Framework: f, v: &f.Document.Variants[i]}
		path := fmt.Sprintf("/variants/%d", i)
		subject := map[string]any{"type": e.v.Name + "Subject"}
		for name, build := range map[string]func() (map[string]any, error){"holder": e.holder, "proxied": e.proxied} {
			party, err := build()
			if err != nil {
				found = append(found, f.Document.Finding(path+"/"+name+"/schema", trustframeworks.CodePartySchema,
					"no example follows from the schema (%v); give its members \"examples\"", err))
			}
			subject[name] = party
		}
		raw, err := encode(e.credential(subject))
		if err != nil {
			return nil, nil, err
		}
		all[e.v.Name] = raw
	}
	return all, found, nil
}

// An exampler builds the example of one variant.
type exampler struct {
	*Framework
	v *trustframeworks.Variant
}

func (e exampler) credential(subject map[string]any) map[string]any {
	d := e.Document
	doc := map[string]any{
		"@context":          []any{"https://www.w3.org/2018/credentials/v1", reference, d.Context()},
		"type":              []any{"VerifiableCredential", TypeOf(d, e.v)},
		"issuer":            exampleIssuer,
		"trustFrameworkURI": d.URI,
		"auditURI":          exampleService + "audit",
		"appealURI":         exampleService + "appeal",
		"credentialSubject": subject,
	}
	if e.v.Validity.From != "none" {
		doc["issuanceDate"] = exampleIssued.Format(time.RFC3339)
	}
	if e.v.Validity.Until != "none" {
		doc["expirationDate"] = exampleIssued.Add(e.life()).Format(time.RFC3339)
	}
	if e.v.Validity.Status == "required" {
		doc["@context"] = append(doc["@context"].([]any), "https://w3id.org/vc/status-list/2021/v1")
		doc["credentialStatus"] = map[string]any{
			"id": exampleService + "status/1#94567", "type": "StatusList2021Entry", "statusPurpose": "revocation",
			"statusListIndex": "94567", "statusListCredential": exampleService + "status/1",
		}
	}
	return doc
}

func (e exampler) life() time.Duration {
	if e.v.Validity.MaxLife == "" {
		return exampleLife
	}
	return min(exampleLife, time.Duration(nanoseconds(e.v.Validity.MaxLife)))
}

func (e exampler) holder() (map[string]any, error) {
	base := map[string]any{"id": exampleHolder, "type": e.v.Holder.Type, "role": e.v.Roles[0], "constraints": e.constraints()}
	if len(e.v.Rationales) > 0 {
		base["rationaleURI"] = e.rationale(e.v.Rationales[0])
	}
	return fill(&e.v.Holder, base, nil)
}

func (e exampler) proxied() (map[string]any, error) {
	permission := e.Document.Permissions[0].Name
	base := map[string]any{
		"id": exampleProxied, "type": e.v.Proxied.Type,
		"permissions": []any{map[string]any{"grant": []any{permission}, "when": map[string]any{"roles": e.v.Roles[0]}}},
	}
	return fill(&e.v.Proxied, base, e.v.Identification[0])
}

func (e exampler) rationale(name string) string {
	for _, r := range e.Document.Rationales {
		if nfkc(r.Name) == nfkc(name) {
			return r.URI
		}
	}
	return ""
}

// exampleParameters gives a readable value for each parameter of the built
// constraint types.
var exampleParameters = map[string]map[string]any{
	"time_window":       {"startTime": "2026-01-01T00:00:00Z", "endTime": "2099-12-31"},
	"geo_radius":        {"pointOfOrigin": "@40.4043328,-111.7761829,15z", "radiusKm": 10.0},
	"boundary":          {"codes": []any{"USA:TX"}},
	"jurisdiction":      {"codes": []any{"US-TX"}},
	"circumstance_text": {"text": "|en: while no parent can be reached"},
	"trigger":           {"text": "|en: death of a parent"},
	"recurring_time":    {"days": []any{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}, "from": "00:00", "to": "24:00", "timeZone": "UTC"},
	"function":          {"functions": []any{"medical"}},
	"biometric_consent": {"modality": []any{"face", "fingerprint"}, "maxAge": "P1D", "party": "proxied"},
	"relationship":      {"ids": []any{"did:web:bank.example.org"}, "types": []any{"bank"}},
	"attributes":        {"attributes": []any{"firstName", "birthDate"}},
	"agent":             {"software": []any{"https://example.org/wallet"}, "devices": []any{"https://example.org/phone"}},
	"oversight":         {"who": "|en: the court that appointed the guardian", "within": "P7D"},
	"usage":             {"max": 3.0, "period": "P1D"},
}

// constraints gives those that every credential of the variant bears.
func (e exampler) constraints() map[string]any {
	out := map[string]any{}
	for _, c := range e.Document.Constraints {
		required := slices.ContainsFunc(e.v.Constraints, func(name string) bool { return nfkc(name) == nfkc(c.Name) })
		for parameter, members := range c.Members {
			if value := e.parameter(c.Type, parameter); required && value != nil {
				out[members[0]] = value
			}
		}
	}
	return out
}

// parameter gives a value under which the constraint can hold.
func (e exampler) parameter(kind, name string) any {
	if kind == "cooperation" {
		return map[string]any{"roles": e.v.Roles[0]} // the holder's own role: alone is enough
	}
	return exampleParameters[kind][name]
}

var errUnfit = errors.New("the values found do not fit together")

// fill adds every member that the schema describes, or, where these exclude
// each other, those alone that it requires or that are wanted.
func fill(p *trustframeworks.Party, base map[string]any, wanted []string) (map[string]any, error) {
	required, _ := p.Full()["required"].([]any)
	everything := func(string) bool { return true }
	needed := func(name string) bool { return slices.Contains(wanted, name) || slices.Contains(required, any(name)) }
	var last error
	for _, take := range []func(string) bool{everything, needed} {
		tree := map[string]any{}
		for name, value := range base {
			tree[name] = value
		}
		for _, name := range p.Members() {
			if value, ok := sample(p.Schema, name); ok && take(name) {
				tree[name] = value
			}
		}
		if last = p.Validate(tree); last == nil {
			return tree, nil
		}
	}
	return nil, fmt.Errorf("%w: %w", errUnfit, last)
}
