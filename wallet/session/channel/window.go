package channel

// How far behind the newest request another may arrive, and how far ahead.
const (
	Behind = 64
	Ahead  = 1 << 16
)

// A Window is which numbers of requests were used. Its zero value is that of a
// new session: none. It is kept in the session's row, and claimed under its lock.
type Window struct {
	High uint64 // the highest
	Seen uint64 // bit i: High − i was used
}

// Claim is the window in which seq is used too. One that was, or is too old to
// tell, is [ErrReplayed]; one too far ahead [ErrAhead].
func (w Window) Claim(seq uint64) (Window, error) {
	switch {
	case seq == 0:
		return w, ErrReplayed
	case seq > w.High && seq-w.High > Ahead:
		return w, ErrAhead
	case seq > w.High:
		return Window{seq, w.Seen<<(seq-w.High) | 1}, nil // a shift by 64 or more leaves nothing
	case w.High-seq >= Behind || w.Seen>>(w.High-seq)&1 == 1:
		return w, ErrReplayed
	}
	w.Seen |= 1 << (w.High - seq)
	return w, nil
}
