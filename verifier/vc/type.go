package vc

import (
	"net/url"
	"regexp"
	"strings"
)

// A ProxyType is the type of a proxy credential (RFC 0103, "Proxy
// Credential"): Proxy.<form>/<name>/<version>/<variant>.
type ProxyType struct {
	Form    string // D, G or C
	Name    string // of the framework
	Version string // canonical: 1.0.0
	Variant string
	URI     string // what stands before the # of an absolute type; empty: the bare form
}

// IRI is the type below a framework's URI, with the version written in full.
func (t ProxyType) IRI(uri string) string {
	return uri + "#Proxy." + t.Form + "/" + url.PathEscape(t.Name) + "/" + url.PathEscape(t.Version) + "/" + url.PathEscape(t.Variant)
}

// TypeOf returns the one proxy type of a credential, before anything of it is
// proved; the zero ProxyType where it has none. More than one, one that is not
// RFC 0103's pattern, or one under another URI than the credential's
// trustFrameworkURI is a *[Refusal].
func TypeOf(doc map[string]any) (ProxyType, error) {
	t, refusal := typeOf(doc)
	if refusal != nil {
		return ProxyType{}, refusal
	}
	return t, nil
}

func typeOf(doc map[string]any) (t ProxyType, refusal *Refusal) {
	all, ok := types(doc)
	if !ok {
		return t, malformed("/type", "type is no string and no list of strings")
	}
	found := ""
	for _, one := range all {
		if !isProxyType(one) {
			continue
		}
		if found != "" {
			return t, malformed("/type", "the credential has more than one proxy type")
		}
		found = one
	}
	if found == "" {
		return t, nil
	}
	t, ok = parseType(found)
	if !ok {
		return ProxyType{}, malformed("/type", "the proxy type is not Proxy.<form>/<framework>/<version>/<variant>")
	}
	if uri, w := frameworkURI(doc); t.URI != "" && (w != nil || uri != t.URI) {
		return ProxyType{}, malformed("/type", "the proxy type is not under the credential's trustFrameworkURI")
	}
	return t, nil
}

// isProxyType reports what must be read as a proxy type.
func isProxyType(text string) bool {
	return strings.HasPrefix(text, "Proxy.") || strings.Contains(text, "#Proxy.")
}

// parseType splits at / first and decodes afterwards; encoding again must give
// the same text, so that one type has one spelling.
func parseType(text string) (t ProxyType, ok bool) {
	absolute := !strings.HasPrefix(text, "Proxy.")
	if absolute {
		t.URI, text, _ = strings.Cut(text, "#")
	}
	parts := strings.SplitN(text, "/", 4)
	if len(parts) != 4 || absolute && t.URI == "" {
		return t, false
	}
	if absolute && !unescape(parts[1:]) {
		return t, false
	}
	t.Form, ok = strings.CutPrefix(parts[0], "Proxy.")
	if !ok || t.Form != "D" && t.Form != "G" && t.Form != "C" {
		return t, false
	}
	t.Name, t.Variant = parts[1], parts[3]
	t.Version, ok = canonicalVersion(parts[2])
	return t, ok && t.Name != "" && t.Variant != ""
}

func unescape(parts []string) bool {
	for i, part := range parts {
		if !strings.ContainsFunc(part, odd) {
			continue
		}
		plain, err := url.PathUnescape(part)
		if err != nil || url.PathEscape(plain) != part {
			return false
		}
		parts[i] = plain
	}
	return true
}

// odd is what RFC 3986 (2.3) does not call unreserved: the rest is written one
// way only.
func odd(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-._~", c)
}

// preRelease is Semver 2.0.0 without build metadata, with a pre-release.
var preRelease = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*$`)

const maxVersion = 64

// canonicalVersion reads a version of Semver 2.0.0; RFC 0103 prints 1.0 for 1.0.0.
func canonicalVersion(text string) (string, bool) {
	if len(text) > maxVersion {
		return "", false
	}
	dots := strings.Count(text, ".")
	if strings.Trim(text, "0123456789.") != "" || dots > 2 {
		return text, preRelease.MatchString(text)
	}
	for number := range strings.SplitSeq(text, ".") {
		if number == "" || number[0] == '0' && len(number) > 1 {
			return text, false
		}
	}
	return text + strings.Repeat(".0", 2-dots), true
}
