package vc

import (
	"errors"
	"reflect"
	"testing"
)

const (
	bareProxyType = "Proxy.G/Camp Guardianship/1.0/ChildGuardian"
	iriProxyType  = "https://example.org/camp#Proxy.G/Camp%20Guardianship/1.0/ChildGuardian"
)

func typedAs(types ...any) object {
	return with(credential11(), object{"type": append([]any{"VerifiableCredential"}, types...)})
}

func TestTypeOf(t *testing.T) {
	t.Parallel()
	want := ProxyType{Form: "G", Name: "Camp Guardianship", Version: "1.0.0", Variant: "ChildGuardian"}
	absolute := want
	absolute.URI = "https://example.org/camp"
	pre := want
	pre.Version = "2.1.0-rc.1"
	cases := []struct {
		name string
		doc  object
		want ProxyType
	}{
		{"bare", typedAs(bareProxyType), want},
		{"one number", typedAs("Proxy.G/Camp Guardianship/1/ChildGuardian"), want},
		{"three numbers", typedAs("Proxy.G/Camp Guardianship/1.0.0/ChildGuardian"), want},
		{"a pre-release", typedAs("Proxy.G/Camp Guardianship/2.1.0-rc.1/ChildGuardian"), pre},
		{"absolute", typedAs(iriProxyType), absolute},
		{"absolute, by the other name of the URI", with(typedAs(iriProxyType), object{"trustFrameworkURI": nil, "trustFramework": "https://example.org/camp"}), absolute},
		{"supporting", typedAs("ProxyCar"), ProxyType{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := TypeOf(c.doc)
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestTypeOfRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		doc  object
	}{
		{"two proxy types", typedAs(bareProxyType, "Proxy.D/Other/1.0/x")},
		{"the same one twice", typedAs(bareProxyType, bareProxyType)},
		{"bare and absolute", typedAs(bareProxyType, iriProxyType)},
		{"another form", typedAs("Proxy.X/Camp/1.0/ChildGuardian")},
		{"a lower-case form", typedAs("Proxy.g/Camp/1.0/ChildGuardian")},
		{"two forms", typedAs("Proxy.GD/Camp/1.0/ChildGuardian")},
		{"no variant", typedAs("Proxy.G/Camp/1.0")},
		{"an empty variant", typedAs("Proxy.G/Camp/1.0/")},
		{"no name", typedAs("Proxy.G//1.0/ChildGuardian")},
		{"a leading zero", typedAs("Proxy.G/Camp/01.0/ChildGuardian")},
		{"a leading zero, minor", typedAs("Proxy.G/Camp/1.00/ChildGuardian")},
		{"a leading zero in a pre-release", typedAs("Proxy.G/Camp/1.0.0-01/ChildGuardian")},
		{"build metadata", typedAs("Proxy.G/Camp/1.0.0+a/ChildGuardian")},
		{"a v", typedAs("Proxy.G/Camp/v1.0/ChildGuardian")},
		{"a short pre-release", typedAs("Proxy.G/Camp/1.0-rc/ChildGuardian")},
		{"no version", typedAs("Proxy.G/Camp/x/ChildGuardian")},
		{"under another URI", typedAs("https://example.org/other#Proxy.G/Camp/1.0/ChildGuardian")},
		{"without a URI", typedAs("#Proxy.G/Camp/1.0/ChildGuardian")},
		{"absolute without trustFrameworkURI", with(typedAs(iriProxyType), object{"trustFrameworkURI": nil})},
		{"an escape that is none", typedAs("https://example.org/camp#Proxy.G/Camp%2/1.0/ChildGuardian")},
		{"an escape in lower case", typedAs("https://example.org/camp#Proxy.G/Camp%c3%a9/1.0/ChildGuardian")},
		{"an escape too many", typedAs("https://example.org/camp#Proxy.G/%43amp/1.0/ChildGuardian")},
		{"an escape too few", typedAs("https://example.org/camp#Proxy.G/Camp Guardianship/1.0/ChildGuardian")},
		{"a slash more", typedAs("https://example.org/camp#Proxy.G/Camp/1.0/a/b")},
		{"a hash more", typedAs("https://example.org/camp#x#Proxy.G/Camp/1.0/a")},
		{"a type that is no string", typedAs(bareProxyType, 1)},
		{"an object", with(credential11(), object{"type": object{}})},
		{"none", with(credential11(), object{"type": nil})},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := TypeOf(c.doc)
			if r, ok := errors.AsType[*Refusal](err); !ok || r.Code != CredentialMalformed {
				t.Errorf("got %+v, %v; want %s", got, err, CredentialMalformed)
			}
		})
	}
}

func TestReadProxy(t *testing.T) {
	t.Parallel()
	p, err := ReadProxy(credential11(), false)
	if err != nil {
		t.Fatal(err)
	}
	want := &Proxy{
		Contexts: []string{ContextV1, ProxyContext},
		Subject:  "/credentialSubject", Type: ProxyType{Form: "G", Name: "Camp Guardianship", Version: "1.0.0", Variant: "ChildGuardian"},
		ID: "urn:uuid:1", Issuer: "did:example:issuer",
		ValidFrom: "2026-01-01T00:00:00Z", ValidUntil: "2026-06-01T00:00:00Z",
		TrustFrameworkURI: "https://example.org/camp", AuditURI: "https://example.org/audit",
		HolderID: "did:example:holder", HolderType: "https://example.org/camp#holder", Roles: []string{"parent"},
		RationaleURI: "https://example.org/camp#kinship",
		Constraints:  object{"startTime": "2026-01-01T00:00:00Z"}, Properties: object{"firstName": "Amina"},
		HolderTree: object{
			"id": "did:example:holder", "type": "https://example.org/camp#holder", "role": []any{"parent"},
			"rationaleURI": "https://example.org/camp#kinship",
			"constraints":  object{"startTime": "2026-01-01T00:00:00Z"}, "firstName": "Amina",
		},
		ProxiedID: "did:example:mya", ProxiedType: "https://example.org/camp#proxied",
		Rules:      []any{object{"grant": []any{"travel"}, "when": object{"roles": "parent"}}},
		Attributes: object{"firstName": "Mya"},
		ProxiedTree: object{
			"id": "did:example:mya", "type": "https://example.org/camp#proxied", "firstName": "Mya",
			"permissions": []any{object{"grant": []any{"travel"}, "when": object{"roles": "parent"}}},
		},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
}

// Every way of writing the same credential reads the same.
func TestSpellings(t *testing.T) {
	t.Parallel()
	subject := func(holder, proxied object) object {
		s := credential11()["credentialSubject"].(object)
		return object{"holder": with(s["holder"].(object), holder), "proxied": with(s["proxied"].(object), proxied)}
	}
	rule := object{"grant": []any{"travel"}, "when": object{"roles": "parent"}}
	dotted := with(credential11(), object{"credentialSubject": nil})
	for _, party := range []string{"holder", "proxied"} {
		for k, v := range credential11()["credentialSubject"].(object)[party].(object) {
			if k != "constraints" {
				dotted["credentialSubject."+party+"."+k] = v
			}
		}
	}
	dotted["credentialSubject.holder.constraints.startTime"] = "2026-01-01T00:00:00Z"
	cases := []struct {
		name string
		doc  object
	}{
		{"dotted", dotted},
		{"dotted, constraint in the singular", with(dotted, object{
			"credentialSubject.holder.constraints.startTime": nil, "credentialSubject.holder.constraint.startTime": "2026-01-01T00:00:00Z",
		})},
		{"dotted to the party", with(credential11(), object{
			"credentialSubject":         nil,
			"credentialSubject.holder":  subject(nil, nil)["holder"],
			"credentialSubject.proxied": subject(nil, nil)["proxied"],
		})},
		{"partly dotted", with(credential11(), object{"credentialSubject": subject(object{"role": nil}, nil), "credentialSubject.holder.role": "parent"})},
		{"constraint in the singular", with(credential11(), object{"credentialSubject": subject(object{
			"constraints": nil, "constraint": object{"startTime": "2026-01-01T00:00:00Z"},
		}, nil)})},
		{"a list of one role", with(credential11(), object{"credentialSubject": subject(object{"role": []any{"parent"}}, nil)})},
		{"a list of one type", with(credential11(), object{"credentialSubject": subject(object{"type": []any{"https://example.org/camp#holder"}}, nil)})},
		{"one rule alone", with(credential11(), object{"credentialSubject": subject(nil, object{"permissions": rule})})},
		{"rules as text", with(credential11(), object{"credentialSubject": subject(nil, object{"permissions": toJSON(t, []any{rule})})})},
		{"one rule as text", with(credential11(), object{"credentialSubject": subject(nil, object{"permissions": toJSON(t, rule)})})},
		{"trustFramework", with(credential11(), object{"trustFrameworkURI": nil, "trustFramework": "https://example.org/camp"})},
		{"both names of the framework, equal", with(credential11(), object{"trustFramework": "https://example.org/camp"})},
		{"a schema, as RFC 0104 has it", with(credential11(), object{"schema": "https://example.org/schema"})},
		{"issuer is an object", with(credential11(), object{"issuer": object{"id": "did:example:issuer", "name": "IRC"}})},
		{"issuer is an object, subject has an id", with(credential11(), object{"credentialSubject": with(subject(nil, nil), object{"id": "did:example:holder"})})},
	}
	want, err := ReadProxy(credential11(), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ReadProxy(c.doc, false)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

func TestContexts(t *testing.T) {
	t.Parallel()
	good := []string{
		"https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control",
		"https://github.com/hyperledger/aries-rfcs/tree/master/concepts/0103-indirect-identity-control",
		"https://github.com/hyperledger/aries-rfcs/blob/main/concepts/0103-indirect-identity-control/README.md",
		"https://github.com/hyperledger/aries-rfcs/blob/master/concepts/0103-indirect-identity-control",
		"https://github.com/hyperledger/aries-rfcs/concepts/0103-indirect-identity-control",
		"https://github.com/hyperledger/aries-rfcs../../concepts/0103-indirect-identity-control",
		"https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0104-delegatable-credentials",
		"https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0104-chained-credentials",
	}
	for _, url := range good {
		doc := with(credential11(), object{"@context": []any{ContextV1, object{"x": "y"}, url, "https://example.org/more"}})
		if _, err := ReadProxy(doc, false); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, contexts := range []any{
		ContextV1,
		[]any{ContextV1},
		[]any{ProxyContext, ContextV1},
		[]any{ContextV1, 1, ProxyContext},
		[]any{ContextV1, nil, ProxyContext},
		[]any{"https://w3.org/2018/credentials/v1", ProxyContext},
		[]any{ContextV1, "https://github.com/someone/aries-rfcs/tree/main/concepts/0103-indirect-identity-control"},
		[]any{ContextV1, ProxyContext + "x"},
		[]any{},
	} {
		if _, err := ReadProxy(with(credential11(), object{"@context": contexts}), false); err == nil {
			t.Errorf("contexts %v are accepted", contexts)
		}
	}
}

func TestReadProxyRefuses(t *testing.T) {
	t.Parallel()
	top := func(changes object) object { return with(credential11(), changes) }
	holder := func(changes object) object {
		s := credential11()["credentialSubject"].(object)
		return top(object{"credentialSubject": with(s, object{"holder": with(s["holder"].(object), changes)})})
	}
	proxied := func(changes object) object {
		s := credential11()["credentialSubject"].(object)
		return top(object{"credentialSubject": with(s, object{"proxied": with(s["proxied"].(object), changes)})})
	}
	cases := []struct {
		name string
		doc  object
	}{
		{"no proxy type", typedAs("Other")},
		{"no credential type", top(object{"type": bareProxyType})},
		{"id is a number", top(object{"id": 1})},
		{"issuer is a list", top(object{"issuer": []any{"did:example:issuer"}})},
		{"issuer is a number", top(object{"issuer": 5})},
		{"trustFrameworkURI is a list", top(object{"trustFrameworkURI": []any{"https://example.org/camp"}})},
		{"trustFramework differs", top(object{"trustFramework": "https://example.org/other"})},
		{"trustFramework is empty beside the other", top(object{"trustFramework": ""})},
		{"auditURI is an object", top(object{"auditURI": object{}})},
		{"appealURI is a list", top(object{"appealURI": []any{}})},
		{"issuanceDate is a date", top(object{"issuanceDate": "2026-01-01"})},
		{"issuanceDate has no zone", top(object{"issuanceDate": "2026-01-01T00:00:00"})},
		{"issuanceDate has a comma", top(object{"issuanceDate": "2026-01-01T00:00:00,5Z"})},
		{"issuanceDate is a number", top(object{"issuanceDate": 1767225600})},
		{"issuanceDate is empty", top(object{"issuanceDate": ""})},
		{"expirationDate is soon", top(object{"expirationDate": "soon"})},
		{"expirationDate is beyond what facts hold", top(object{"expirationDate": "9999-12-31T00:00:00Z"})},
		{"expirationDate is before what facts hold", top(object{"expirationDate": "1600-12-31T00:00:00Z"})},
		{"validFrom in 1.1", top(object{"validFrom": "2026-01-01T00:00:00Z"})},
		{"validUntil in 1.1", top(object{"validUntil": "2026-01-01T00:00:00Z"})},
		{"issuanceDate in 2.0", with(credential20(), object{"issuanceDate": "2026-01-01T00:00:00Z"})},
		{"expirationDate in 2.0", with(credential20(), object{"expirationDate": "2026-01-01T00:00:00Z"})},
		{"no subject", top(object{"credentialSubject": nil})},
		{"two subjects", top(object{"credentialSubject": []any{credential11()["credentialSubject"]}})},
		{"subject's id is a number", top(object{"credentialSubject": with(credential11()["credentialSubject"].(object), object{"id": 1})})},
		{"a member beside holder and proxied", top(object{"credentialSubject": with(credential11()["credentialSubject"].(object), object{"car.VIN": "1HGES26721L024785"})})},
		{"no holder", top(object{"credentialSubject": with(credential11()["credentialSubject"].(object), object{"holder": nil})})},
		{"no proxied", top(object{"credentialSubject": with(credential11()["credentialSubject"].(object), object{"proxied": nil})})},
		{"holder is a string", top(object{"credentialSubject": with(credential11()["credentialSubject"].(object), object{"holder": "did:example:holder"})})},
		{"holder's id is a list", holder(object{"id": []any{"did:example:holder"}})},
		{"holder's id is empty", holder(object{"id": ""})},
		{"no holder type", holder(object{"type": nil})},
		{"two holder types", holder(object{"type": []any{"a", "b"}})},
		{"no role", holder(object{"role": nil})},
		{"no role in the list", holder(object{"role": []any{}})},
		{"an empty role", holder(object{"role": ""})},
		{"a role twice", holder(object{"role": []any{"parent", "parent"}})},
		{"role is an object", holder(object{"role": object{"name": "parent"}})},
		{"roles beside role", holder(object{"roles": []any{"doctor"}})},
		{"rationaleURI is a list", holder(object{"rationaleURI": []any{"x"}})},
		{"constraints is a list", holder(object{"constraints": []any{}})},
		{"constraints is a string", holder(object{"constraints": "{}"})},
		{"constraints in both spellings", holder(object{"constraint": object{"endTime": "2026-01-01T00:00:00Z"}})},
		{"a constraint dotted in the other spelling", holder(object{"constraint.endTime": "2026-01-01T00:00:00Z"})},
		{"a constraint twice", holder(object{"constraints.startTime": "2027-01-01T00:00:00Z"})},
		{"a role twice, dotted", top(object{"credentialSubject.holder.role": "grandparent"})},
		{"a role twice, dotted, equal", top(object{"credentialSubject.holder.role": "parent"})},
		{"a name that ends in a dot", top(object{"credentialSubject.holder.": "x"})},
		{"the subject as a dotted name", top(object{"credentialSubject.": "x"})},
		{"no proxied type", proxied(object{"type": nil})},
		{"no permissions", proxied(object{"permissions": nil})},
		{"permissions is a number", proxied(object{"permissions": 1})},
		{"permissions is no JSON", proxied(object{"permissions": "travel"})},
		{"permissions is text in text", proxied(object{"permissions": `"[]"`})},
		{"a duplicate member in the text of permissions", proxied(object{"permissions": `{"grant":"a","grant":"b"}`})},
		{"proxied's id is an object", proxied(object{"id": object{}})},
		{"nothing describes the proxied", proxied(object{"id": nil, "firstName": nil})},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := ReadProxy(c.doc, false)
			if r, ok := errors.AsType[*Refusal](err); !ok || r.Code != CredentialMalformed {
				t.Errorf("got %+v, %v; want %s", p, err, CredentialMalformed)
			}
		})
	}
}

func TestReadProxyRDF(t *testing.T) {
	t.Parallel()
	_, err := ReadProxy(typedAs(bareProxyType), true)
	if r, ok := errors.AsType[*Refusal](err); !ok || r.Code != TypeUncovered {
		t.Errorf("the bare type under an RDF proof: %v, want %s", err, TypeUncovered)
	}
	if _, err := ReadProxy(typedAs(iriProxyType), true); err != nil {
		t.Errorf("the absolute type under an RDF proof: %v", err)
	}
}

func TestStatusAndProvenance(t *testing.T) {
	t.Parallel()
	read := func(changes object) *Proxy {
		p, err := ReadProxy(with(credential11(), changes), false)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := read(nil); p.Status != nil || p.Provenance {
		t.Errorf("status %v, provenance %t of a plain credential", p.Status, p.Provenance)
	}
	for _, status := range []any{object{"type": "BitstringStatusListEntry"}, []any{}, ""} {
		if got, ok := read(object{"credentialStatus": status}).Status["credentialStatus"]; !ok || !reflect.DeepEqual(got, status) {
			t.Errorf("credentialStatus %v is overlooked", status)
		}
	}
	for _, name := range []string{"provenanceProofs", "authorization", "delegationProof"} {
		if !read(object{name: []any{}}).Provenance || !read(object{"credentialSubject." + name: "x"}).Provenance {
			t.Errorf("%s is overlooked", name)
		}
	}
}
