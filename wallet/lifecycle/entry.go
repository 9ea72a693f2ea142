package lifecycle

import (
	"fmt"
	"strconv"
)

// Attach returns a credential with its places in it: as credentialStatus,
// beside what stands there, or for an SD-JWT VC as the claim status. The
// document is not changed; its top is copied.
func Attach(doc map[string]any, places []Place) map[string]any {
	out := make(map[string]any, len(doc)+1)
	for name, v := range doc {
		out[name] = v
	}
	var entries []any
	switch own := doc["credentialStatus"].(type) {
	case []any:
		entries = append(entries, own...)
	case map[string]any:
		entries = append(entries, own)
	}
	for _, p := range places {
		if p.List.Kind == Token {
			out["status"] = map[string]any{"status_list": map[string]any{"idx": p.Index, "uri": p.List.URL}}
			continue
		}
		entries = append(entries, p.entry())
	}
	switch len(entries) {
	case 0:
	case 1:
		out["credentialStatus"] = entries[0]
	default:
		out["credentialStatus"] = entries
	}
	return out
}

// entry is a place as credentials name it (Bitstring Status List v1.0,
// "BitstringStatusListEntry").
func (p Place) entry() map[string]any {
	index := strconv.Itoa(p.Index)
	e := map[string]any{
		"id": p.List.URL + "#" + index, "type": p.List.Kind, "statusPurpose": p.List.Purpose,
		"statusListIndex": index, "statusListCredential": p.List.URL,
	}
	if p.List.Purpose == Message {
		e["statusSize"], e["statusMessage"] = float64(p.List.Size), p.List.messages()
	}
	return e
}

// messages says what every value means; those that nobody named mean nothing.
func (l *List) messages() []any {
	out := make([]any, 1<<l.Size)
	for i := range out {
		text := "undefined"
		if i < len(l.Messages) {
			text = l.Messages[i]
		}
		out[i] = map[string]any{"status": fmt.Sprintf("%#x", i), "message": text}
	}
	return out
}
