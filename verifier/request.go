package verifier

import (
	"encoding/json"
	"regexp"
	"time"

	"github.com/procura-dev/procura/policies/facts"
	"github.com/procura-dev/procura/trustframeworks"
)

// A Question is what a caller asks, read from the body of POST /v1/challenges.
type Question struct {
	Request       facts.Request
	Circumstances json.RawMessage // the defaults; nil: none
	Domain        string          // empty: the caller's only one
	Nonce         string          // of the caller; empty for a challenge
	ExpiresIn     time.Duration   // 30 s to 24 h
}

// The bounds of a challenge's life, and what it is where nothing is said.
const (
	minLife, maxLife, defaultLife = 30, 86400, 600
	maxPermissions                = 64
)

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ReadQuestion reads the body of POST /v1/challenges from its tree. With
// nonce it also takes nonce and domain, as the file of procura verify has them.
// What is wrong comes back as one [*Invalid].
func ReadQuestion(tree any, nonce bool) (*Question, error) {
	r := &reader{}
	q := r.question("", tree, nonce)
	return q, r.err()
}

func (r *reader) question(path string, tree any, nonce bool) *Question {
	known := []string{"permissions", "proxied", "framework", "circumstances", "domain", "supportedObligations", "disjoint", "expiresIn"}
	if nonce {
		known = append(known, "nonce")
	}
	m := r.object(path, tree, known...)
	if m == nil {
		return nil
	}
	q := &Question{Domain: r.text(path, m, "domain"), Nonce: r.text(path, m, "nonce"), ExpiresIn: r.life(path, m)}
	q.Request.Permissions = r.texts(path+"/permissions", m["permissions"], maxPermissions)
	q.Request.Proxied = r.proxied(path+"/proxied", m["proxied"])
	q.Request.Framework = r.framework(path+"/framework", m["framework"])
	q.Request.SupportedObligations = r.supported(path+"/supportedObligations", m)
	q.Request.Disjoint = r.disjoint(path+"/disjoint", m)
	q.Circumstances = r.circumstancesRaw(path+"/circumstances", m)
	return q
}

func (r *reader) life(path string, m map[string]any) time.Duration {
	s := r.number(path, m, "expiresIn", minLife, maxLife)
	if s == nil {
		return defaultLife * time.Second
	}
	return time.Duration(*s * float64(time.Second))
}

// An empty list is a list: no obligation can be met, so that none may be needed.
func (r *reader) supported(path string, m map[string]any) []string {
	v, ok := m["supportedObligations"]
	if list, isList := v.([]any); !ok || isList && len(list) == 0 {
		if ok {
			return []string{}
		}
		return nil
	}
	return r.texts(path, v, 256)
}

func (r *reader) disjoint(path string, m map[string]any) bool {
	v, ok := m["disjoint"]
	if ok && v != true {
		r.fault(path, "may only be true: a caller can narrow, never widen")
	}
	return ok
}

func (r *reader) proxied(path string, v any) (p facts.ProxiedRequest) {
	m := r.object(path, v, "id", "attributes")
	p.ID = r.text(path, m, "id")
	if raw, ok := m["attributes"]; ok {
		p.Attributes = r.attributes(path+"/attributes", raw)
	}
	if m != nil && p.ID == "" && len(p.Attributes) == 0 {
		r.fault(path, "must name the proxied identity by id, attributes or both")
	}
	return p
}

func (r *reader) attributes(path string, v any) map[string]facts.Comparable {
	m, ok := v.(map[string]any)
	if !ok || len(m) == 0 || len(m) > 64 {
		r.fault(path, "must be an object of 1 to 64 attributes")
		return nil
	}
	out := make(map[string]facts.Comparable, len(m))
	for name, value := range m {
		out[name] = r.comparable(path+"/"+pointer(name), value)
	}
	return out
}

func (r *reader) comparable(path string, v any) facts.Comparable {
	if s, ok := v.(string); ok && s != "" {
		return facts.Comparable{Text: s}
	}
	if m, ok := v.(map[string]any); ok && len(m) == 1 {
		if s, ok := m["sha256"].(string); ok && sha256Hex.MatchString(s) {
			return facts.Comparable{SHA256: s}
		}
	}
	r.fault(path, `must be a string that is not empty, or {"sha256": 64 lower-case hex characters}`)
	return facts.Comparable{}
}

func (r *reader) framework(path string, v any) (f facts.FrameworkName) {
	m := r.object(path, v, "name", "version", "range", "variant")
	if m == nil {
		return f
	}
	f.Name, f.Variant = r.text(path, m, "name"), r.text(path, m, "variant")
	version, rng := r.text(path, m, "version"), r.text(path, m, "range")
	if f.Name == "" {
		r.fault(path+"/name", "is required")
	}
	switch {
	case version != "" && rng != "":
		r.fault(path, "takes version or range, not both")
	case version != "":
		f.Version = r.version(path+"/version", version)
	case rng != "":
		f.Range = rng
		if _, err := trustframeworks.ParseRange(rng); err != nil {
			r.fault(path+"/range", "is no range of versions, as ^1.2 is one")
		}
	}
	return f
}

func (r *reader) version(path, v string) string {
	c, err := trustframeworks.CanonicalVersion(v)
	if err != nil {
		r.fault(path, "%v", err)
	}
	return c
}
