// Package status reads whether a credential was revoked or suspended since it
// was issued: W3C Bitstring Status List v1.0, StatusList2021 (W3C CCG), and Token
// Status List (draft-ietf-oauth-status-list).
//
// A list is fetched over HTTPS, kept, and asked for again ahead of its end; its
// proof is checked by the code that checks credentials. What a value means for a
// decision, and whether a list is too old for it, is for a policy: here are facts.
package status

import (
	"fmt"

	"github.com/procura-dev/procura/verifier/vc"
)

// Codes of refusals: why nothing is known of a status.
const (
	Unknown     = "status.unknown"     // a type, a purpose or a mechanism that is not read
	Unreachable = "status.unreachable" // the list could not be had
	Invalid     = "status.invalid"     // the list's proof or form is wrong, or it is another list
	Refused     = "status.refused"     // the list is by nobody who may publish it
	Purpose     = "status.purpose"     // the list is not for this purpose
	Range       = "status.range"       // the index lies beyond the list's end
	Short       = "status.short"       // the list has too few entries to hide anybody
)

func refuse(code, format string, args ...any) *vc.Refusal {
	return &vc.Refusal{Code: code, Message: fmt.Sprintf(format, args...)}
}
