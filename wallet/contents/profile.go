package contents

import (
	"errors"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
)

// What can be wrong with what is asked of a profile.
var (
	ErrProfile       = errors.New("there is no such profile")
	ErrProfileExists = errors.New("there is a profile of this name already")
	ErrOptions       = errors.New("these cannot be the options of a profile")
	ErrRemote        = errors.New("no remote KMS is used here: a profile's keys are local or custodial")
	ErrGeneration    = errors.New("the profile has no such KMS")
	ErrLastKMS       = errors.New("this is the profile's only KMS: give it another first")
	ErrLost          = errors.New("keys would be lost: list them, and say how many")
)

// Bounds of profiles.
const (
	MaxProfiles    = 256 // of an account
	MaxGenerations = 16  // of a profile's KMS
	MaxParts       = 16  // of a profile's contents
)

// A Profile is as whom an account acts: where its keys are, and its contents.
type Profile struct {
	ID      keys.ID // random; what its keys are found by
	Name    string  // canonical, as an account's; unique in its account
	Version uint64  // from 1; each change has the next
	Begun   time.Time
	Settings
}

// Settings are what can be changed of a profile. Partitions of the KMS and of the
// contents are what is opened with it.
type Settings struct {
	KMS      []Generation `json:"kms"` // the last makes keys, all sign
	Contents []keys.ID    `json:"contents,omitempty"`
}

// A Generation is one KMS of a profile: the partition that keeps the keys.
type Generation struct {
	N         uint64    `json:"n"` // from 1, none twice
	Partition keys.ID   `json:"partition"`
	Begun     time.Time `json:"begun"`
}

// Newest is the generation that makes keys.
func (s *Settings) Newest() *Generation { return &s.KMS[len(s.KMS)-1] }

// Partitions are those of a profile, each once.
func (s *Settings) Partitions() []keys.ID {
	var out []keys.ID
	seen := map[keys.ID]bool{}
	add := func(id keys.ID) {
		if !seen[id] {
			seen[id], out = true, append(out, id)
		}
	}
	for i := range s.KMS {
		add(s.KMS[i].Partition)
	}
	for _, id := range s.Contents {
		add(id)
	}
	return out
}

// A ProfileRef is one version of a profile.
type ProfileRef struct {
	ID      keys.ID
	Version uint64
}

// A NewKey is a profile's: where that changed meanwhile nothing is done,
// [ErrMoved]; where it has Most keys already, [ErrFull].
type NewKey struct {
	Profile ProfileRef
	Item    *Item
	Tags    []keys.Tag // each key of the profile in the partition has one of them
	Most    int
}

// Lost are a profile's keys that are removed, where there are just so many:
// else [ErrLost].
type Lost struct {
	Partition keys.ID
	Tags      []keys.Tag // each of them has one
	Count     int
}
