package vc

import (
	"encoding/base64"
	"slices"
	"strconv"

	// The hashes that an SD-JWT may name.
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// The reserved names (RFC 9901, "Embedding Disclosure Digests in SD-JWTs").
const (
	nameDigests = "_sd"
	nameElement = "..."
	nameHash    = "_sd_alg"
)

// plain are the claims that nothing discloses (SD-JWT VC, "Registered JWT
// Claims"; iat by semantics 3.2). What stands inside them is plain too.
var plain = map[string]bool{
	"iss": true, "iat": true, "nbf": true, "exp": true, "cnf": true, "status": true,
	"vct": true, "vct#integrity": true, "aka_vcts": true,
}

// A revealer puts disclosures in their places. Each is used once, so that its
// work is that of reading what came.
type revealer struct {
	size     int                 // of a digest, in bytes
	shown    map[string]*content // digest → disclosure
	met      map[string]bool     // digests seen in a place
	path     []string            // where the walk is
	withheld [][]string
}

// content is a disclosure, read.
type content struct {
	items []any // salt, name and value; or salt and value
	path  []string
	used  bool
}

// disclose reads the disclosures and makes Claims of the issuer's payload
// (RFC 9901, "Verification of the SD-JWT", steps 3 to 5).
func (s *SDJWT) disclose(texts []string) *wrong {
	r := &revealer{size: s.Hash.Size(), shown: make(map[string]*content, len(texts)), met: map[string]bool{}}
	all := make([]*content, len(texts))
	for i, text := range texts {
		c, w := readDisclosure(text)
		if w != nil {
			return w
		}
		digest := s.digest(text)
		if r.shown[digest] != nil {
			return faulty("", "a disclosure comes twice")
		}
		r.shown[digest], all[i] = c, c
	}
	claims, w := r.object(s.Issued.Payload, 1)
	if w != nil {
		return w
	}
	delete(claims, nameHash)
	for i, c := range all {
		if !c.used {
			return faulty("", "a disclosure is referred to by no digest")
		}
		s.Disclosures = append(s.Disclosures, Disclosure{Text: texts[i], Path: c.path})
	}
	s.Claims, s.Withheld = claims, r.withheld
	return nil
}

// digest is what stands for a disclosure, taken over its base64url.
func (s *SDJWT) digest(text string) string {
	h := s.Hash.New()
	h.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func readDisclosure(text string) (*content, *wrong) {
	raw, ok := DecodeBase64(text)
	if !ok {
		return nil, faulty("", "a disclosure is not strict base64url")
	}
	v, err := ParseJSON(raw)
	if err != nil {
		return nil, faulty("", "a disclosure is %v", err)
	}
	items, _ := v.([]any)
	if len(items) != 2 && len(items) != 3 {
		return nil, faulty("", "a disclosure is no list of two or three")
	}
	if _, ok := items[0].(string); !ok {
		return nil, faulty("", "the salt of a disclosure is no string")
	}
	return &content{items: items}, nil
}

func (r *revealer) value(v any, depth int) (any, *wrong) {
	if depth > maxDepth {
		return nil, faulty("", "more than %d levels", maxDepth)
	}
	switch v := v.(type) {
	case map[string]any:
		return r.object(v, depth)
	case []any:
		return r.list(v, depth)
	}
	return v, nil
}

// at walks into v as what stands under a name.
func (r *revealer) at(name string, v any, depth int) (any, *wrong) {
	r.path = append(r.path, name)
	out, w := r.value(v, depth+1)
	r.path = r.path[:len(r.path)-1]
	return out, w
}

func (r *revealer) object(m map[string]any, depth int) (out map[string]any, w *wrong) {
	out = make(map[string]any, len(m))
	for name, v := range m {
		switch {
		case name == nameDigests:
			continue
		case name == nameElement, name == nameHash && depth > 1:
			return nil, faulty("", "the name %s is reserved", name)
		}
		if out[name], w = r.at(name, v, depth); w != nil {
			return nil, w
		}
	}
	digests, ok := m[nameDigests]
	if !ok {
		return out, nil
	}
	list, ok := digests.([]any)
	if !ok {
		return nil, faulty("", "%s is no list", nameDigests)
	}
	return out, r.members(out, list, depth)
}

// members puts those of an object in their place that are disclosed.
func (r *revealer) members(out map[string]any, digests []any, depth int) *wrong {
	hidden := false
	for _, d := range digests {
		c, w := r.take(d, 3)
		if w != nil {
			return w
		}
		if c == nil {
			hidden = true
			continue
		}
		name, ok := c.items[1].(string)
		if !ok || name == nameDigests || name == nameElement || name == nameHash {
			return faulty("", "the name in a disclosure is no string, or reserved")
		}
		if depth == 1 && plain[name] {
			return faulty("/"+pointer(name), "%s is never disclosed: it stands in the clear", name)
		}
		if _, twice := out[name]; twice {
			return faulty("", "a disclosed claim is there already")
		}
		c.path = append(slices.Clone(r.path), name)
		if out[name], w = r.at(name, c.items[2], depth); w != nil {
			return w
		}
	}
	if hidden {
		r.withheld = append(r.withheld, slices.Clone(r.path))
	}
	return nil
}

func (r *revealer) list(list []any, depth int) (any, *wrong) {
	out, hidden := make([]any, 0, len(list)), false
	for _, v := range list {
		digest, is, w := element(v)
		if w != nil {
			return nil, w
		}
		place := strconv.Itoa(len(out))
		if is {
			c, w := r.take(digest, 2)
			if w != nil {
				return nil, w
			}
			if c == nil {
				hidden = true
				continue
			}
			c.path, v = append(slices.Clone(r.path), place), c.items[1]
		}
		item, w := r.at(place, v, depth)
		if w != nil {
			return nil, w
		}
		out = append(out, item)
	}
	if hidden {
		r.withheld = append(r.withheld, slices.Clone(r.path))
	}
	return out, nil
}

// element tells the digest of a list element from an element.
func element(v any) (digest any, is bool, w *wrong) {
	m, _ := v.(map[string]any)
	digest, is = m[nameElement]
	if is && len(m) != 1 {
		return nil, false, faulty("", "the digest of a list element stands alone")
	}
	return digest, is, nil
}

// take finds the disclosure of a digest that was met; nil where there is none.
// It has as many items as its place asks for.
func (r *revealer) take(v any, items int) (*content, *wrong) {
	digest, _ := v.(string)
	raw, ok := DecodeBase64(digest)
	switch {
	case !ok || len(raw) != r.size:
		return nil, faulty("", "a digest is not one of the hash algorithm, in strict base64url")
	case r.met[digest]:
		return nil, faulty("", "a digest stands twice")
	case len(r.met) == maxDigests:
		return nil, faulty("", "more than %d digests", maxDigests)
	case len(r.path) > 0 && plain[r.path[0]]:
		return nil, faulty("/"+pointer(r.path[0]), "%s is never disclosed: it stands in the clear", r.path[0])
	}
	r.met[digest] = true
	c := r.shown[digest]
	if c == nil {
		return nil, nil
	}
	if len(c.items) != items {
		return nil, faulty("", "a disclosure is not of the kind that its place asks for")
	}
	c.used = true
	return c, nil
}
