package facts

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/gowebpki/jcs"
	"golang.org/x/text/unicode/norm"
)

// How a variant may compare an attribute other than exactly (semantics 3.5).
const (
	matchCaseless = "caseless"
	matchDate     = "date"
)

// disclosed are the digests of a credential's proxied attributes, each over the
// attribute's canonical text. What has none is absent.
func disclosed(attributes map[string]any, match map[string]string) map[string]string {
	out := make(map[string]string, len(attributes))
	for name, v := range attributes {
		if s, ok := canonical(v, match[name]); ok {
			out[name] = digestHex(s)
		}
	}
	return out
}

// requested are the digests to compare these with. A digest that the caller
// gave stands as it is.
func requested(attributes map[string]Comparable, match map[string]string) map[string]string {
	out := make(map[string]string, len(attributes))
	for name, c := range attributes {
		if c.SHA256 != "" {
			out[name] = c.SHA256
		} else if s, ok := canonical(c.Text, match[name]); ok {
			out[name] = digestHex(s)
		}
	}
	return out
}

// canonical is the text that identifies by an attribute: a string's NFC, or its
// caseless or date form; a number's or boolean's JCS. An empty string says that
// the value is not known and, like null, lists and objects, has none.
func canonical(v any, match string) (string, bool) {
	s, isText := v.(string)
	switch {
	case match == matchDate:
		return dateText(s)
	case !isText:
		return scalarText(v)
	case match == matchCaseless:
		return Fold(s), s != ""
	}
	return norm.NFC.String(s), s != ""
}

func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case float64:
		s, err := jcs.NumberToJSON(v)
		return s, err == nil
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// dateText is YYYY-MM-DD for a date in that form, in ISO 8601's basic form, or
// in a date-time, whose date is taken as it is written, in its own zone.
func dateText(s string) (string, bool) {
	s = norm.NFKC.String(s)
	if isDateTime(s) {
		s = s[:len("2006-01-02")]
	}
	if shaped(s, "00000000") {
		s = s[:4] + "-" + s[4:6] + "-" + s[6:]
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", false
	}
	return s, true
}

func digestHex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
