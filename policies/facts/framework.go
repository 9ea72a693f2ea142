package facts

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// A Framework is what derived facts take from a compiled trust framework: which
// constraint members it knows, and how its variants compare attributes. It is
// made by [ParseFramework], does not change, and may be used concurrently.
type Framework struct {
	constraints []definition                 // by name
	members     map[string]bool              // every constraint member that some constraint takes
	match       map[string]map[string]string // variant → attribute → "caseless" or "date"
	issuers     []issuer
}

// An issuer is one entry of the framework's issuers.
type issuer struct {
	Variants map[string]bool `json:"variants"` // nil: all
	By       string          `json:"by"`
	DID      string          `json:"did"`
	Registry string          `json:"registry"`
}

// A definition is one constraint of the framework.
type definition struct {
	name       string
	kind       string
	sources    []string
	parameters []parameter // by name
}

type parameter struct {
	name    string
	members []string // as written, aliases included
}

// framework is the part of a bundle's data.json that is read here.
type framework struct {
	Constraints map[string]struct {
		Type    string              `json:"type"`
		Members map[string][]string `json:"members"`
		Sources []string            `json:"sources"`
	} `json:"constraints"`
	Variants map[string]struct {
		Match map[string]string `json:"match"`
	} `json:"variants"`
	Issuers []issuer `json:"issuers"`
}

// ParseFramework reads the member "framework" of a compiled bundle's data.json.
// A way of matching that is not known is an error: it would compare otherwise
// than the framework says. A constraint's type may be unknown; such a
// constraint never holds.
func ParseFramework(dataJSON []byte) (Framework, error) {
	var f framework
	if err := json.Unmarshal(dataJSON, &f); err != nil {
		return Framework{}, fmt.Errorf("reading framework data: %w", err)
	}
	fw := Framework{members: map[string]bool{}, match: map[string]map[string]string{}, issuers: f.Issuers}
	for _, name := range slices.Sorted(maps.Keys(f.Constraints)) {
		c := f.Constraints[name]
		d := definition{name: name, kind: c.Type, sources: c.Sources}
		if len(d.sources) == 0 {
			d.sources = []string{"verifier"}
		}
		for _, p := range slices.Sorted(maps.Keys(c.Members)) {
			d.parameters = append(d.parameters, parameter{p, c.Members[p]})
			for _, m := range c.Members[p] {
				fw.members[m] = true
			}
		}
		fw.constraints = append(fw.constraints, d)
	}
	for name, v := range f.Variants {
		for attribute, how := range v.Match {
			if how != matchCaseless && how != matchDate {
				return Framework{}, fmt.Errorf("variant %q: attribute %q matches by %q, which is not known", name, attribute, how)
			}
		}
		fw.match[name] = v.Match
	}
	return fw, nil
}

// Admits says whether some entry of issuers could let a credential's issuer
// issue it. The policy decides; this tells which credentials never count.
func (fw Framework) Admits(c *Credential, request ProxiedRequest) bool {
	return slices.ContainsFunc(fw.issuers, func(i issuer) bool {
		if i.Variants != nil && !i.Variants[c.Variant] {
			return false
		}
		switch i.By {
		case "did":
			return i.DID == c.Issuer
		case "registry":
			return slices.Contains(c.IssuerRegistries, i.Registry)
		case "delegator":
			return c.Issuer == c.Proxied.ID && (c.Issuer == request.ID || c.vouched())
		case "owner":
			return len(c.Parents) == 0 && c.entitled()
		case "chain":
			return len(c.Parents) > 0 && !slices.ContainsFunc(c.Ancestors, func(a Credential) bool { return !fw.Admits(&a, request) })
		}
		return true // of a way that is not known here the policy judges alone
	})
}

// Parameters lists the parameters of each built-in constraint type (semantics
// 5). A type with one parameter reads the only one it is given, under any name.
func Parameters() map[string][]string { return maps.Clone(parameters) }

var parameters = map[string][]string{
	"time_window":       {"startTime", "endTime", "timeZone"},
	"geo_radius":        {"pointOfOrigin", "radiusKm"},
	"boundary":          {"codes"},
	"jurisdiction":      {"codes"},
	"circumstance_text": {"text"},
	"trigger":           {"text"},
	"recurring_time":    {"days", "from", "to", "timeZone"},
	"function":          {"functions"},
	"biometric_consent": {"modality", "maxAge", "party"},
	"relationship":      {"ids", "types"},
	"attributes":        {"attributes"},
	"agent":             {"software", "devices", "attestation"},
	"cooperation":       {"condition"},
	"oversight":         {"who", "within"},
	"usage":             {"max", "period"},
}
