package vc

import (
	"reflect"
	"testing"
)

// sdProxy are the claims of an SD-JWT VC that is a proxy credential.
func sdProxy() object {
	return object{
		"iss": "did:example:issuer", "iat": 1767225600.0, "exp": 1780272000.0,
		"vct":               "https://example.org/camp#Proxy.G/Camp%20Guardianship/1.0/ChildGuardian",
		"trustFrameworkURI": "https://example.org/camp", "auditURI": "https://example.org/audit", "appealURI": "",
		"holder": object{
			"id": "did:example:holder", "type": "https://example.org/camp#holder", "role": "parent",
			"rationaleURI": "https://example.org/camp#kinship", "constraints": object{"startTime": "2026-01-01T00:00:00Z"}, "firstName": "Amina",
		},
		"proxied": object{
			"id": "did:example:mya", "type": "https://example.org/camp#proxied", "firstName": "Mya",
			"permissions": []any{object{"grant": []any{"travel"}, "when": object{"roles": "parent"}}},
		},
	}
}

// An SD-JWT VC says what a credential of the W3C model says, under other names.
func TestReadSDJWT(t *testing.T) {
	t.Parallel()
	want, err := ReadProxy(credential11(), false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseSDJWT(sdjwt(t, sdProxy()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadSDJWT(s)
	if err != nil {
		t.Fatal(err)
	}
	want.Contexts, want.ID, want.Subject, want.Type.URI = nil, "", "", "https://example.org/camp"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// An empty rationaleURI says that there is none: the schema sees no member.
func TestSDJWTWithoutRationale(t *testing.T) {
	t.Parallel()
	claims := sdProxy()
	claims["holder"].(object)["rationaleURI"], claims["nbf"] = "", 1767225660.0
	s, err := ParseSDJWT(sdjwt(t, claims))
	if err != nil {
		t.Fatal(err)
	}
	p, err := ReadSDJWT(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := p.HolderTree["rationaleURI"]; there || p.RationaleURI != "" {
		t.Errorf("rationale %q, holder %v", p.RationaleURI, p.HolderTree)
	}
	if p.ValidFrom != "2026-01-01T00:01:00Z" {
		t.Errorf("nbf goes before iat: valid from %s", p.ValidFrom)
	}
}

// A property shown in part would be of another size, and lack what a rule
// excludes: it is absent, while its whole neighbour stands.
func TestSDJWTPropertyInPart(t *testing.T) {
	t.Parallel()
	strike := shown(t, "s", "2025-07")
	claims := sdProxy()
	holder := claims["holder"].(object)
	holder["strikes"] = []any{"2024-01", object{"...": dug(strike)}}
	holder["languages"] = []any{"ar"}
	claims["_sd"] = []any{dug("decoy")}
	for _, disclosed := range []bool{true, false} {
		raw := sdjwt(t, claims)
		if disclosed {
			raw = sdjwt(t, claims, strike)
		}
		s, err := ParseSDJWT(raw)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ReadSDJWT(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, there := p.Properties["strikes"]; there != disclosed || p.Properties["languages"] == nil || !p.Withheld {
			t.Errorf("disclosed %v: properties %v, withheld %v", disclosed, p.Properties, p.Withheld)
		}
		if p.HolderTree["strikes"] == nil {
			t.Error("the schema does not see what is shown")
		}
	}
}

// Types that an SD-JWT VC may name.
func TestSDJWTType(t *testing.T) {
	t.Parallel()
	for vct, want := range map[any]string{
		"https://x.example/identity":                       "",
		"Proxy.D/Car/1.0/Renter":                           "Renter",
		"https://example.org/camp#Proxy.D/Car/1.0/Renter":  "Renter",
		"https://other.example#Proxy.D/Car/1.0/Renter":     "!",
		"https://example.org/camp#Proxy.D/Car/01.0/Renter": "!",
		"https://example.org/camp#Proxy.D/Car%2F1.0/Rent":  "!",
		1.0: "!", "": "!",
	} {
		s, err := ParseSDJWT(sdjwt(t, with(sdProxy(), object{"vct": vct})))
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&Credential{SDJWT: s}).Type()
		if err != nil {
			got.Variant = "!"
		}
		if got.Variant != want {
			t.Errorf("%v is read as %+v, %v", vct, got, err)
		}
	}
}
