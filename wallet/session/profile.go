package session

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bytemare/opaque"
)

// A Profile is how much work the client does for each guess of a password, so
// that whoever steals the server's database must do it too (Argon2id, RFC 9106).
type Profile struct {
	Passes uint64
	Memory uint64 // KiB
	Lanes  uint64
}

// Newest is the profile of new registrations. A login with it takes about
// 80 ms, once.
var Newest = Profile{Passes: 3, Memory: 64 << 10, Lanes: 4}

// maxProfiles is how many a server may ask a client to try.
const maxProfiles = 3

// String is the profile as it is written, and as it stands in identities.
func (p Profile) String() string {
	return fmt.Sprintf("argon2id,%d,%d,%d", p.Passes, p.Memory, p.Lanes)
}

// ParseProfile reads what [Profile.String] wrote; one that a client must not
// use is [ErrProfile].
func ParseProfile(text string) (p Profile, err error) {
	parts := strings.Split(text, ",")
	if len(parts) != 4 || parts[0] != "argon2id" {
		return p, ErrProfile
	}
	for i, n := range []*uint64{&p.Passes, &p.Memory, &p.Lanes} {
		if *n, err = strconv.ParseUint(parts[i+1], 10, 32); err != nil {
			return Profile{}, ErrProfile
		}
	}
	if p.String() != text || !p.fit() {
		return Profile{}, ErrProfile
	}
	return p, nil
}

// ParseProfiles reads those that a server announces: one to three, each of which
// a client may use.
func ParseProfiles(texts []string) ([]Profile, error) {
	if len(texts) == 0 || len(texts) > maxProfiles {
		return nil, ErrProfile
	}
	out := make([]Profile, len(texts))
	for i, text := range texts {
		var err error
		if out[i], err = ParseProfile(text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fit holds what clients agree to. It is compiled in: a hostile server would
// have them do nothing, or more than they can.
func (p Profile) fit() bool {
	return 3 <= p.Passes && p.Passes <= 10 &&
		64<<10 <= p.Memory && p.Memory <= 1<<20 &&
		4 <= p.Lanes && p.Lanes <= 16
}

// options are the parameters that other clients have too: the salt is the
// OPRF's output, so Argon2id's own is zero.
func (p Profile) options() *opaque.ClientOptions {
	return &opaque.ClientOptions{
		KSFParameters: []uint64{p.Passes, p.Memory, p.Lanes}, KSFSalt: make([]byte, 16), KSFLength: 64,
	}
}
