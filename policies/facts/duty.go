package facts

import (
	"errors"
	"fmt"
	"strings"
)

// consent reads a biometric_consent. Party is whose capture it must be: that of
// the proxied identity unless it says the holder's.
func consent(parameters map[string]any) (map[string]any, error) {
	if err := known("biometric_consent", parameters); err != nil {
		return nil, err
	}
	modalities, err := names(parameters["modality"])
	if err != nil {
		return nil, fmt.Errorf("modality: %w", err)
	}
	age, err := lasting(parameters["maxAge"])
	if err != nil {
		return nil, fmt.Errorf("maxAge: %w", err)
	}
	party := "proxied"
	if v, given := parameters["party"]; given {
		party, _ = v.(string)
	}
	if party != "proxied" && party != "holder" {
		return nil, errors.New(`party: is neither "proxied" nor "holder"`)
	}
	return map[string]any{"modality": modalities, "maxAge": age, "party": party}, nil
}

// oversight reads who must be told, as a text or a list, and within what time.
func oversight(parameters map[string]any) (map[string]any, error) {
	if err := known("oversight", parameters); err != nil {
		return nil, err
	}
	out := map[string]any{}
	if list, ok := parameters["who"].([]any); ok {
		who, err := texts(list)
		if err != nil {
			return nil, fmt.Errorf("who: %w", err)
		}
		out["text"] = strings.Join(who, ", ")
	} else {
		t, err := readText(parameters["who"])
		if err != nil {
			return nil, fmt.Errorf("who: %w", err)
		}
		out["text"] = t.value()
	}
	if v, given := parameters["within"]; given {
		within, err := lasting(v)
		if err != nil {
			return nil, fmt.Errorf("within: %w", err)
		}
		out["within"] = within
	}
	return out, nil
}
