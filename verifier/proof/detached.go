package proof

import (
	"encoding/base64"
	"strings"

	"github.com/procura-dev/procura/verifier/vc"
)

// maxDetached bounds a detached JWS in bytes; one of ES384 has some 180.
const maxDetached = 512

// A detached is a JWS whose payload is not in it and is not encoded (RFC 7515,
// "Detached Content"; RFC 7797), as older types of proof hold it: header..signature.
type detached struct {
	header    string // as received
	alg       string
	signature []byte
}

// readDetached reads what CCG "Ed25519 Signature 2018" and "JSON Web Signatures
// for Data Integrity Proofs" prescribe: a header of alg, b64 false and crit
// ["b64"]. Any other member could bring a key along, or change what is signed.
func readDetached(v any) (d detached, ok bool) {
	text, _ := v.(string)
	header, rest, found := strings.Cut(text, "..")
	if !found || len(text) > maxDetached {
		return d, false
	}
	raw, ok := vc.DecodeBase64(header)
	if !ok {
		return d, false
	}
	if d.alg, ok = detachedAlg(raw); !ok {
		return d, false
	}
	d.header = header
	d.signature, ok = vc.DecodeBase64(rest)
	return d, ok && len(d.signature) > 0
}

// detachedAlg is the algorithm of a header of exactly the members above.
func detachedAlg(raw []byte) (string, bool) {
	v, err := vc.ParseJSON(raw)
	m, ok := v.(map[string]any)
	if err != nil || !ok || len(m) != 3 || m["b64"] != false {
		return "", false
	}
	if crit, ok := m["crit"].([]any); !ok || len(crit) != 1 || crit[0] != "b64" {
		return "", false
	}
	alg, ok := m["alg"].(string)
	return alg, ok
}

// over is what the signature covers: the header and the payload as it is.
func (d *detached) over(payload []byte) []byte {
	return append([]byte(d.header+"."), payload...)
}

// signDetached signs a payload as a detached JWS.
func (s *Signer) signDetached(payload []byte) (string, error) {
	suite := suiteOf(&s.Key.Key)
	raw := `{"alg":"` + suite.names[0] + `","b64":false,"crit":["b64"]}`
	d := detached{header: base64.RawURLEncoding.EncodeToString([]byte(raw))}
	signature, err := s.Key.sign(suite, d.over(payload))
	if err != nil {
		return "", err
	}
	return d.header + ".." + base64.RawURLEncoding.EncodeToString(signature), nil
}
