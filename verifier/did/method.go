package did

import (
	"crypto"
	"crypto/ed25519"
	"errors"

	"github.com/mr-tron/base58"

	"github.com/procura-dev/procura/verifier/vc"
)

// A material is the member that holds a method's key, by the method's type.
type material struct {
	member string
	read   func(v any) (crypto.PublicKey, error)
}

// materials of the types that are read: Controlled Identifiers 1.0, "Multikey"
// and "JsonWebKey", and the suites' types before them. Each has one member.
var materials = map[string]material{
	"Multikey":                   {"publicKeyMultibase", multibase},
	"JsonWebKey":                 {"publicKeyJwk", publicJWK},
	"JsonWebKey2020":             {"publicKeyJwk", publicJWK},
	"Ed25519VerificationKey2020": {"publicKeyMultibase", edwards(multibase)},
	"Ed25519VerificationKey2018": {"publicKeyBase58", bare},
}

// readMethod reads a verification method, with a reason where it gives no key:
// another of the document may.
func readMethod(m map[string]any, controller string) *method {
	kind, _ := m["type"].(string)
	from, ok := materials[kind]
	if !ok {
		return &method{err: fail(WrongKey, "the verification method is of a type that is not supported")}
	}
	if m["controller"] != controller {
		return &method{err: fail(Unresolvable, "the verification method is not controlled by its DID")}
	}
	out, e := ends(m, from.member)
	if e != nil {
		return &method{err: e}
	}
	public, err := from.read(m[from.member])
	if err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			e = fail(Unresolvable, "the verification method holds no key")
		}
		return &method{err: e}
	}
	out.public = public
	return out
}

// ends reads until when a method holds (Controlled Identifiers 1.0,
// "Verification Methods"), and refuses members that are not known: one could
// limit the key, and a second key leaves open which is meant.
func ends(m map[string]any, holder string) (*method, *Error) {
	out := &method{}
	for name, v := range m {
		switch name {
		case "id", "type", "controller", holder:
		case "expires", "revoked":
			text, _ := v.(string)
			at, ok := vc.Instant(text)
			if !ok {
				return nil, fail(Unresolvable, "the verification method's %s is no date-time with a zone", name)
			}
			if out.until.IsZero() || at.Before(out.until) {
				out.until = at
			}
		default:
			return nil, fail(Unresolvable, "the verification method has a member that does not belong to its type")
		}
	}
	return out, nil
}

func multibase(v any) (crypto.PublicKey, error) {
	text, _ := v.(string)
	return decodeKey(text)
}

// edwards wants a key of Ed25519.
func edwards(read func(any) (crypto.PublicKey, error)) func(any) (crypto.PublicKey, error) {
	return func(v any) (crypto.PublicKey, error) {
		public, err := read(v)
		if _, ok := public.(ed25519.PublicKey); err == nil && !ok {
			return nil, fail(Unresolvable, "the key is not of the type that the verification method names")
		}
		return public, err
	}
}

func publicJWK(v any) (crypto.PublicKey, error) {
	m, _ := v.(map[string]any)
	return jwkKey(m)
}

// bare reads 32 bytes in base58btc, without a prefix.
func bare(v any) (crypto.PublicKey, error) {
	text, _ := v.(string)
	if len(text) > maxName {
		return nil, fail(Unresolvable, "the key is not in base58btc")
	}
	raw, err := base58.Decode(text)
	if err != nil || base58.Encode(raw) != text {
		return nil, fail(Unresolvable, "the key is not in base58btc")
	}
	return ed25519Key(raw)
}
