package facts

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// constrain gives every constraint of the framework that has a member here, by
// name, and the members that no constraint takes, sorted.
func (fw Framework) constrain(members map[string]any, s *scene) (constraints []Constraint, undefined []string) {
	constraints, undefined = []Constraint{}, []string{}
	for _, d := range fw.constraints {
		if c, given := d.read(members, s); given {
			constraints = append(constraints, c)
		}
	}
	for m := range members {
		if !fw.members[m] {
			undefined = append(undefined, m)
		}
	}
	slices.Sort(undefined)
	return constraints, undefined
}

// read takes the constraint's members. One parameter under two spellings is a
// problem, also where both say the same.
func (d definition) read(members map[string]any, s *scene) (c Constraint, given bool) {
	parameters, written, problem := d.given(members)
	if len(parameters) == 0 {
		return c, false
	}
	c = Constraint{Name: d.name, Type: d.kind, Sources: d.sources, Parameters: parameters}
	digest, err := Digest(written)
	c.Digest = digest
	if problem = errors.Join(problem, err); problem == nil {
		c.Values, problem = values(d.kind, parameters, s)
	}
	if problem != nil {
		c.Values, c.Problem = nil, problem.Error()
	}
	return c, true
}

// given are the constraint's members by parameter, and as they are written.
func (d definition) given(members map[string]any) (parameters, written map[string]any, problem error) {
	for _, param := range d.parameters {
		for _, m := range param.members {
			v, ok := members[m]
			if !ok {
				continue
			}
			if written == nil { // most constraints are not given
				parameters, written = map[string]any{}, map[string]any{}
			}
			written[m] = v
			if _, twice := parameters[param.name]; twice {
				problem = fmt.Errorf("%s: is given by two members", param.name)
				continue
			}
			parameters[param.name] = v
		}
	}
	return parameters, written, problem
}

// Digest is what an attestation names a constraint by: base64url, without
// padding, of the SHA-256 of the JCS (RFC 8785) of the constraint's localised
// object. That object has the members of holder.constraints that the constraint
// takes, under the names and with the values that the credential gives them;
// where a value is a string in the form "|en: …|es: …" it stands as
// {"en": "…", "es": "…"} with runs of white space made one space. No member
// belongs to two constraints, so that equal values of two never share a digest.
func Digest(members map[string]any) (string, error) {
	object, err := localise(members)
	if err != nil {
		return "", err
	}
	canonical, err := canonicalJSON(object)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// localise gives members in which texts stand by locale; these themselves where no
// text has any.
func localise(members map[string]any) (map[string]any, error) {
	object, copied := members, false
	for name, v := range members {
		s, ok := v.(string)
		if !ok || isPlainText(s) {
			continue
		}
		t, err := readSections(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if !copied {
			object, copied = maps.Clone(members), true
		}
		object[name] = t.value()
	}
	return object, nil
}
