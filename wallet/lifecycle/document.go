package lifecycle

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"io"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

const (
	contextStatus2021 = "https://w3id.org/vc/status-list/2021/v1"
	rfc3339           = "2006-01-02T15:04:05Z"
)

// document is what a list says at an instant: a credential without issuer, or
// the claims of a token without its issuer's.
func (l *List) document(sets []Set, at time.Time, ttl time.Duration) (map[string]any, error) {
	values := l.values(sets)
	if l.Kind == Token {
		return l.claims(values, at, ttl)
	}
	packed, err := pack(values, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	if err != nil {
		return nil, err
	}
	if l.Kind == List2021 {
		return l.credential2021(packed, at), nil
	}
	return map[string]any{
		"@context": []any{vc.ContextV2}, "id": l.URL,
		"type":      []any{"VerifiableCredential", "BitstringStatusListCredential"},
		"validFrom": at.Format(rfc3339), "validUntil": at.Add(lifetime).Format(rfc3339),
		"credentialSubject": map[string]any{
			"id": l.URL + "#list", "type": "BitstringStatusList", "statusPurpose": l.Purpose,
			"encodedList": "u" + packed, "ttl": float64(ttl.Milliseconds()),
		},
	}, nil
}

// credential2021 is a list in the words of the forerunner, which has no ttl.
func (l *List) credential2021(packed string, at time.Time) map[string]any {
	return map[string]any{
		"@context": []any{vc.ContextV1, contextStatus2021}, "id": l.URL,
		"type":         []any{"VerifiableCredential", "StatusList2021Credential"},
		"issuanceDate": at.Format(rfc3339), "expirationDate": at.Add(lifetime).Format(rfc3339),
		"credentialSubject": map[string]any{
			"id": l.URL + "#list", "type": "StatusList2021", "statusPurpose": l.Purpose, "encodedList": packed,
		},
	}
}

// claims are those of a Status List Token ("Status List Token in JWT Format").
func (l *List) claims(values []byte, at time.Time, ttl time.Duration) (map[string]any, error) {
	packed, err := pack(values, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"sub": l.URL, "iat": at.Unix(), "exp": at.Add(lifetime).Unix(), "ttl": max(1, int64(ttl/time.Second)),
		"status_list": map[string]any{"bits": l.Size, "lst": packed},
	}, nil
}

// values are those of every place. In a bitstring "the first index, with a
// value of zero (0), is located at the left-most bit" (Bitstring Status List
// v1.0, "Bitstring Encoding"); a token fills each byte from its lowest bit.
func (l *List) values(sets []Set) []byte {
	out := make([]byte, Entries*l.Size/8)
	for _, s := range sets {
		bit := s.Index * l.Size
		if l.Kind == Token {
			out[bit/8] |= byte(s.Value) << (bit % 8)
		} else {
			out[bit/8] |= byte(s.Value) << (8 - l.Size - bit%8)
		}
	}
	return out
}

func pack(values []byte, writer func(io.Writer) io.WriteCloser) (string, error) {
	var out bytes.Buffer
	w := writer(&out)
	if _, err := w.Write(values); err != nil {
		return "", fmt.Errorf("packing a status list: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("packing a status list: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(out.Bytes()), nil
}
