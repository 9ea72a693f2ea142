package facts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// A scene is in what a constraint is read: the clock (ns since 1970), the
// presentation and what its credentials may still cost, and whether the
// credential's issuer may be one that the framework lists. Of a stranger's
// credential what is dear to read is left unread: it never counts.
type scene struct {
	now          int64
	presentation *Presentation
	budget       *budget
	admitted     bool
}

// values reads a constraint's parameters, and what they come to in a scene.
// Package procura.constraint decides over these:
//
//	time_window        {"startTime"?: ns, "endTime"?: ns}, one of them at least
//	geo_radius         {"lat", "lon": degrees, "radiusM": metres, "distanceM"?: metres from p's place}
//	                   or, for a landmark, {"attested": true, "text": Text, "radiusM"}
//	boundary           {"codes": {"US-TX": true, …}}, or, for prose, {"attested": true, "text": Text}, or,
//	                   for GeoJSON, {"area": true, "inside"?: whether the circle of accuracy around p's place is}
//	jurisdiction       {"all": {key: true, …}, "some": {key: true, …}}: keys that every locale lists, and
//	                   keys that only some do; with some, also {"attested": true, "text": Text}
//	circumstance_text  {"attested": true, "text": Text}
//	trigger            the same
//	recurring_time     {"days": {"Monday": true, …}, "from", "to": ns since 00:00, "local": see [wall]}
//	function           as jurisdiction
//	relationship       {"ids"?: {id: true, …}, "types"?: {key: true, …}}, one of them at least
//	attributes         {"names": {key: true, …}}
//	agent              {"software"?, "devices"?: {key: true, …}, one of them at least; "attestation"?: bool}
//	biometric_consent  {"modality": {key: true, …}, "maxAge": ns, "party": "proxied" or "holder"}
//	oversight          {"text": Text, "within"?: ns}
//	cooperation        {"condition": what package sgl derives of it}
//	usage              {"max": 1…2³¹−1, "period": ns}
//
// A Text is a string, or {BCP 47 tag: string}. "attested": an attestation of
// this constraint makes it hold. A type that is not built in has no
// values, and no problem but parameters beyond 8 KiB.
func values(kind string, parameters map[string]any, s *scene) (map[string]any, error) {
	switch kind {
	case "time_window":
		return window(parameters)
	case "geo_radius":
		return circle(parameters, s.presentation.Circumstances.Place)
	case "boundary":
		return alone(parameters, func(v any) (map[string]any, error) { return boundary(v, s) })
	case "jurisdiction":
		return alone(parameters, jurisdiction)
	case "circumstance_text", "trigger":
		return alone(parameters, attested)
	case "recurring_time":
		return recurring(parameters, s.now)
	case "function":
		return alone(parameters, function)
	case "attributes":
		return alone(parameters, attributes)
	case "cooperation":
		return alone(parameters, func(v any) (map[string]any, error) { return cooperation(v, s) })
	}
	return limits(kind, parameters)
}

// limits reads the types whose values depend on nothing but the parameters.
func limits(kind string, parameters map[string]any) (map[string]any, error) {
	switch kind {
	case "relationship":
		return relationship(parameters)
	case "agent":
		return agent(parameters)
	case "biometric_consent":
		return consent(parameters)
	case "oversight":
		return oversight(parameters)
	case "usage":
		return usage(parameters)
	}
	return nil, bounded(parameters)
}

// maxOwn bounds the parameters of a type that is not built in, as JSON, in bytes:
// a function of the framework's own reads them.
const maxOwn = 8 << 10

func bounded(parameters map[string]any) error {
	raw, err := json.Marshal(parameters)
	if err != nil || len(raw) > maxOwn {
		return fmt.Errorf("the parameters have more than %d bytes", maxOwn)
	}
	return nil
}

// alone reads the only parameter, whatever the framework calls it.
func alone(parameters map[string]any, read func(any) (map[string]any, error)) (map[string]any, error) {
	if len(parameters) != 1 {
		return nil, errors.New("takes one parameter")
	}
	for name, v := range parameters {
		out, err := read(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return out, nil
	}
	return nil, nil
}

func attested(v any) (map[string]any, error) {
	text, err := localised(v)
	if err != nil {
		return nil, err
	}
	return map[string]any{"attested": true, "text": text}, nil
}

// known refuses parameters that the type does not have.
func known(kind string, given map[string]any) error {
	names := parameters[kind]
	for name := range given {
		if !slices.Contains(names, name) {
			return fmt.Errorf("type %s has no such parameter as the framework gives it", kind)
		}
	}
	return nil
}
