package status

import (
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/procura-dev/procura/verifier/vc"
)

// The kinds of entries, as a credential names them.
const (
	Bitstring = "BitstringStatusListEntry"
	List2021  = "StatusList2021Entry"
	Token     = "status_list" // the member of the claim status
)

// An Entry is where a credential says that its status is to be looked up.
type Entry struct {
	Path    string // JSON Pointer below the credential: /credentialStatus/0
	Kind    string // as the credential has it, also where it is none of the three
	Purpose string // empty for Token
	List    string // URL of the list
	Index   uint64
	Size    int         // bits of the value, 1–8; for Token 0: the list says
	Problem *vc.Refusal // why it cannot be read, with code [Unknown]; nil: it can
}

// Revokes reports an entry by which the credential can be revoked.
func (e Entry) Revokes() bool { return e.Kind == Token || e.Purpose == "revocation" }

// Readable reports an entry without a problem.
func (e Entry) Readable() bool { return e.Problem == nil }

// purposes are those that are understood (Bitstring Status List v1.0,
// "BitstringStatusListEntry").
var purposes = []string{"revocation", "suspension", "refresh", "message"}

// Bounds of what a credential may say.
const (
	maxEntries = 16
	maxSize    = 8
	maxURL     = 2048
	maxIndex   = 1 << 48 // beyond every list that is read
)

// Entries reads credentialStatus and the claim status, where a credential has
// them: every one must pass. A known member of another shape is
// credential.malformed; what is not understood is an entry with a problem.
func Entries(members map[string]any) (all []Entry, refusal *vc.Refusal) {
	if v, ok := members["credentialStatus"]; ok {
		if all, refusal = readEntries(v); refusal != nil {
			return nil, refusal
		}
	}
	if v, ok := members["status"]; ok {
		claimed, refusal := readClaim(v)
		return append(all, claimed...), refusal
	}
	return all, nil
}

func readEntries(v any) ([]Entry, *vc.Refusal) {
	list, several := v.([]any)
	if !several {
		list = []any{v}
	}
	if len(list) == 0 || len(list) > maxEntries {
		return nil, malformed("/credentialStatus", "credentialStatus is empty, or has more than %d entries", maxEntries)
	}
	out := make([]Entry, len(list))
	for i, item := range list {
		path := "/credentialStatus"
		if several {
			path += "/" + strconv.Itoa(i)
		}
		e, refusal := readEntry(item, path)
		if refusal != nil {
			return nil, refusal
		}
		out[i] = e
	}
	return out, nil
}

func malformed(path, format string, args ...any) *vc.Refusal {
	return &vc.Refusal{Code: vc.CredentialMalformed, Message: fmt.Sprintf(format, args...), Path: path}
}

// members of an entry. Another could be a condition.
var members = []string{"id", "type", "statusPurpose", "statusListIndex", "statusListCredential", "statusSize", "statusMessage", "statusReference"}

func readEntry(v any, path string) (Entry, *vc.Refusal) {
	e := Entry{Path: path, Size: 1}
	m, ok := v.(map[string]any)
	if !ok {
		return e, malformed(path, "an entry of credentialStatus is no object")
	}
	if e.Kind, ok = kind(m["type"]); !ok {
		return e, malformed(path+"/type", "the type of an entry is no string, and no list of strings")
	}
	if e.Kind != Bitstring && e.Kind != List2021 {
		e.Problem = refuse(Unknown, "a status of this type is not read")
		return e, nil
	}
	for name := range m {
		if !slices.Contains(members, name) {
			e.Problem = refuse(Unknown, "an entry has a member that is not understood")
			return e, nil
		}
	}
	return e, e.read(m)
}

// kind is an entry's one type; of several it is empty, which none is.
func kind(v any) (string, bool) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, item := range list {
		if _, ok := item.(string); !ok {
			return "", false
		}
	}
	if len(list) != 1 {
		return "", len(list) > 1
	}
	return list[0].(string), true
}

func (e *Entry) read(m map[string]any) *vc.Refusal {
	var ok bool
	if e.Purpose, ok = m["statusPurpose"].(string); !ok {
		return malformed(e.Path+"/statusPurpose", "statusPurpose is no string")
	}
	if !slices.Contains(purposes, e.Purpose) {
		e.Problem = refuse(Unknown, "a status for this purpose is not understood")
	}
	if e.List, ok = m["statusListCredential"].(string); !ok || e.List == "" || len(e.List) > maxURL {
		return malformed(e.Path+"/statusListCredential", "statusListCredential is no URL")
	}
	if e.Index, ok = index(m["statusListIndex"]); !ok {
		return malformed(e.Path+"/statusListIndex", "statusListIndex is no whole number in base 10")
	}
	if size, given := m["statusSize"]; given {
		if e.Size, ok = whole(size); !ok || e.Size == 0 {
			return malformed(e.Path+"/statusSize", "statusSize is no whole number above 0")
		}
	}
	if e.Size > maxSize {
		e.Problem = refuse(Unknown, "a status of more than %d bits is not read", maxSize)
		return nil
	}
	return e.messages(m)
}

// messages holds statusMessage to its shape: one for every value, in any order.
// They are for developers, and change nothing.
func (e *Entry) messages(m map[string]any) *vc.Refusal {
	v, given := m["statusMessage"]
	list, ok := v.([]any)
	switch {
	case !given && e.Size == 1:
		return nil
	case !ok || len(list) != 1<<e.Size:
		return malformed(e.Path+"/statusMessage", "statusMessage has not one message for each value")
	}
	seen := map[uint64]bool{}
	for _, item := range list {
		message, _ := item.(map[string]any)
		text, _ := message["status"].(string)
		_, hasText := message["message"].(string)
		value, err := strconv.ParseUint(text, 0, 8)
		if err != nil || !hexadecimal.MatchString(text) || !hasText || seen[value] || bits.Len64(value) > e.Size {
			return malformed(e.Path+"/statusMessage", "a statusMessage is not one of a value and a message")
		}
		seen[value] = true
	}
	return nil
}

var (
	hexadecimal = regexp.MustCompile(`^0x[0-9A-Fa-f]+$`)
	decimal     = regexp.MustCompile(`^(?:0|[1-9][0-9]{0,14})$`)
)

// index reads a number, or its one spelling in base 10.
func index(v any) (uint64, bool) {
	text, ok := v.(string)
	if !ok {
		n, ok := whole(v)
		return uint64(n), ok
	}
	if !decimal.MatchString(text) {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil && n <= maxIndex
}

func whole(v any) (int, bool) {
	f, ok := v.(float64)
	if !ok || f != math.Trunc(f) || f < 0 || f > maxIndex {
		return 0, false
	}
	return int(f), true
}

// readClaim reads the claim status of a JWT or an SD-JWT VC (Token Status List,
// "Status Claim"): each of its members is a mechanism, and each must pass.
func readClaim(v any) ([]Entry, *vc.Refusal) {
	m, ok := v.(map[string]any)
	if !ok || len(m) == 0 || len(m) > maxEntries {
		return nil, malformed("/status", "status is no object, or names no mechanism")
	}
	var out []Entry
	for name, value := range m {
		e := Entry{Path: "/status", Kind: name}
		if name != Token {
			e.Problem = refuse(Unknown, "a status by this mechanism is not read")
		} else if refusal := e.reference(value); refusal != nil {
			return nil, refusal
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Kind, b.Kind) })
	return out, nil
}

// reference reads a status_list ("Referenced Token in JOSE").
func (e *Entry) reference(v any) *vc.Refusal {
	e.Path += "/" + Token
	m, ok := v.(map[string]any)
	if !ok {
		return malformed(e.Path, "status_list is no object")
	}
	idx, ok := whole(m["idx"])
	if !ok {
		return malformed(e.Path+"/idx", "idx is no whole number")
	}
	e.Index = uint64(idx)
	if e.List, ok = m["uri"].(string); !ok || e.List == "" || len(e.List) > maxURL {
		return malformed(e.Path+"/uri", "uri is no URI")
	}
	if len(m) > 2 {
		e.Problem = refuse(Unknown, "a status_list has a member that is not understood")
	}
	return nil
}
