package session

import (
	"fmt"
	"time"

	"github.com/procura-dev/procura/wallet/keys"
)

// The budget of evaluations for one name, or one device: what stops whoever
// guesses, without locking anybody out for longer than the last.
const (
	guessesInWindow = 10
	guessWindow     = 15 * time.Minute
	guessesInDay    = 100
	GuessDay        = 24 * time.Hour // for how long they count
)

// A GuessID is one evaluation that counts, on the budget of Key.
type GuessID struct {
	_   struct{} `cbor:",toarray"`
	Key [32]byte // keyed digest: what was asked for as a name may be a password
	ID  keys.ID
}

// Wait is how long until a budget has room: of evaluations at these times, the
// latest last, none older than a day. Zero: it has.
func Wait(spent []time.Time, now time.Time) time.Duration {
	if len(spent) >= guessesInDay { // then one in each window
		return max(0, spent[len(spent)-1].Add(guessWindow).Sub(now))
	}
	if len(spent) < guessesInWindow {
		return 0
	}
	return max(0, spent[len(spent)-guessesInWindow].Add(guessWindow).Sub(now))
}

// TooMany says that a budget is spent.
type TooMany struct{ After time.Duration }

func (e *TooMany) Error() string {
	return fmt.Sprintf("too many tries for this name: again in %s", e.After.Round(time.Second))
}
