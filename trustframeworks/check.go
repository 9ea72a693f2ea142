package trustframeworks

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// check holds what the JSON Schema cannot say. Each part adds its findings.
func (d *Document) check() []Finding {
	c := &checker{Document: d}
	c.identity()
	c.vocabulary()
	c.contexts()
	c.texts("", d.tree)
	c.variants()
	c.authorities()
	c.constraints()
	c.freshness()
	c.delegation()
	c.rules()
	c.tests()
	return c.found
}

type checker struct {
	*Document
	found        []Finding
	alternatives int // of the rules checked so far
	patternSteps int // of the patterns checked so far

	roles, rationales, permissions, constraintNames, procedures, variantNames names
}

// names holds what a document defines, after NFKC.
type names map[string]bool

func (n names) has(name string) bool { return n[norm.NFKC.String(name)] }

func (c *checker) add(path, code, format string, args ...any) {
	if len(c.found) < MaxFindings {
		c.found = append(c.found, c.Finding(path, code, format, args...))
	}
}

func (c *checker) addError(path, code string, err error) {
	if err != nil {
		c.add(path, code, "%v", err)
	}
}

// contextHosts serve contexts of others, which no framework can replace.
var contextHosts = []string{"https://www.w3.org/", "https://w3id.org/", "https://github.com/hyperledger/"}

func (c *checker) identity() {
	c.addError("/name", CodeName, CheckFrameworkName(c.Name))
	if c.Abbreviation != "" {
		c.addError("/abbreviation", CodeName, CheckName(c.Abbreviation))
	}
	v, err := CanonicalVersion(c.Version)
	c.addError("/version", CodeVersion, err)
	if err == nil && v != c.Version {
		c.add("/version", CodeVersion, "the version of a document is written in full: %s", v)
	}
	c.addError("/uri", CodeURI, CheckURI(c.URI))
	if c.ContextURI == "" {
		return
	}
	c.addError("/contextURI", CodeURI, CheckURI(c.ContextURI))
	if slices.ContainsFunc(contextHosts, func(host string) bool { return strings.HasPrefix(c.ContextURI, host) }) || c.ContextURI == c.URI {
		c.add("/contextURI", CodeURI, "%q is the address of another document", c.ContextURI)
	}
}

// A definition is one entry of a list of named things.
type definition struct{ name, uri string }

// define checks the entries of a list of named things and gives their names.
func (c *checker) define(list string, entries []definition) names {
	defined, uris := names{}, map[string]bool{}
	for i, e := range entries {
		path := pointer(list, i)
		c.addError(path+"/name", CodeName, CheckName(e.name))
		key := norm.NFKC.String(e.name)
		if defined[key] {
			c.add(path+"/name", CodeTaken, "the name %q is taken above", e.name)
		}
		defined[key] = true
		if e.uri == "" {
			continue
		}
		if !isIRI(e.uri) || strings.HasPrefix(e.uri, "_:") {
			c.add(path+"/uri", CodeURI, "%q is not an absolute IRI", e.uri)
		}
		if uris[e.uri] {
			c.add(path+"/uri", CodeTaken, "the URI %q is taken above", e.uri)
		}
		uris[e.uri] = true
	}
	return defined
}

func definitions[T any](list []T, of func(T) definition) []definition {
	out := make([]definition, len(list))
	for i, v := range list {
		out[i] = of(v)
	}
	return out
}

func (c *checker) vocabulary() {
	c.roles = c.define("/roles", definitions(c.Roles, func(r Role) definition { return definition{r.Name, r.URI} }))
	c.rationales = c.define("/rationales", definitions(c.Rationales, func(r Rationale) definition { return definition{r.Name, r.URI} }))
	c.permissions = c.define("/permissions", definitions(c.Permissions, func(p Permission) definition { return definition{p.Name, p.URI} }))
	c.constraintNames = c.define("/constraints", definitions(c.Constraints, func(k Constraint) definition { return definition{k.Name, k.URI} }))
	c.procedures = c.define("/procedures", definitions(c.Procedures, func(p Procedure) definition { return definition{p.Name, p.URI} }))
	c.variantNames = c.define("/variants", definitions(c.Variants, func(v Variant) definition { return definition{v.Name, ""} }))
	c.define("/properties", definitions(c.Properties, func(p Property) definition { return definition{p.Name, ""} }))
	for i, p := range c.Permissions {
		c.refer(pointer("/permissions", i)+"/procedures", "procedure", p.Procedures, c.procedures)
	}
}

// refer holds a list of names against what the document defines.
func (c *checker) refer(list, kind string, refs []string, defined names) {
	seen := names{}
	for i, name := range refs {
		if !defined.has(name) {
			c.add(pointer(list, i), CodeReference, "the document defines no %s %q", kind, name)
		}
		if seen.has(name) {
			c.add(pointer(list, i), CodeTaken, "%q is named twice", name)
		}
		seen[norm.NFKC.String(name)] = true
	}
}

// texts finds localised texts with two tags that differ in case only.
func (c *checker) texts(path string, v any) {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			c.texts(pointer(path, i), e)
		}
	case map[string]any:
		if strings.HasSuffix(path, "/definition") || strings.HasSuffix(path, "/text") || strings.HasSuffix(path, "/reason") {
			c.tags(path, v)
		}
		for _, name := range sortedKeys(v) {
			if name != "tests" && name != "schema" && name != "contexts" {
				c.texts(pointer(path, name), v[name])
			}
		}
	}
}

func (c *checker) tags(path string, text map[string]any) {
	seen := map[string]bool{}
	for _, tag := range sortedKeys(text) {
		if seen[strings.ToLower(tag)] {
			c.add(pointer(path, tag), CodeDuplicate, "the language %q is given twice", tag)
		}
		seen[strings.ToLower(tag)] = true
	}
}

// length checks a duration; an empty one is not given.
func (c *checker) length(path string, d Duration, most time.Duration) {
	if d == "" {
		return
	}
	n, err := d.Length()
	c.addError(path, CodeDuration, err)
	if err == nil && most > 0 && n > most {
		c.add(path, CodeDuration, "%s is longer than %s", d, most)
	}
}

// maxPresentationAge is how long a nonce that a caller made is remembered
// (semantics 8.1): no presentation may be older.
const maxPresentationAge = 24 * time.Hour

// maxClockSkew bounds how far clocks may be apart: it is part of how long such
// a nonce is remembered.
const maxClockSkew = time.Hour

func (c *checker) freshness() {
	c.ages("/freshness/default", c.Freshness.Default)
	seen := names{}
	for _, name := range sortedKeys(c.Freshness.Permissions) {
		path := pointer("/freshness/permissions", name)
		if seen.has(name) {
			c.add(path, CodeTaken, "two permissions are %q after NFKC", norm.NFKC.String(name))
		}
		seen[norm.NFKC.String(name)] = true
		if !c.permissions.has(name) {
			c.add(path, CodeReference, "the document defines no permission %q", name)
		}
		c.ages(path, c.Freshness.Permissions[name])
	}
}

func (c *checker) ages(path string, a Ages) {
	c.length(path+"/presentationMaxAge", a.PresentationMaxAge, maxPresentationAge)
	c.length(path+"/clockSkew", a.ClockSkew, maxClockSkew)
	for name, d := range map[string]Duration{
		"groupMaxAge": a.GroupMaxAge, "statusMaxAge": a.StatusMaxAge,
		"offlineMaxAge": a.OfflineMaxAge, "didMaxAge": a.DIDMaxAge, "frameworkMaxAge": a.FrameworkMaxAge,
	} {
		c.length(pointer(path, name), d, 0)
	}
}
