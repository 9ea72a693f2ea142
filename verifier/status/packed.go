package status

import (
	"context"
	"fmt"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
)

// Packed are the lists of a pack, as they were served, by their URLs: nothing else
// is to be had, and nothing is fetched. A text that is no list, or another, is an
// error; its proof is checked by each who reads it, as always.
func Packed(lists map[string]string) (*Lists, error) {
	l := &Lists{packed: map[string]*List{}}
	for url, text := range lists {
		list, err := ListAt(url, text)
		if err != nil {
			return nil, err
		}
		l.packed[url] = list
	}
	return l, nil
}

// unpacked finds a list.
func (l *Lists) unpacked(url string) (*List, error) {
	if list := l.packed[url]; list != nil {
		return list, nil
	}
	return nil, refuse(Unreachable, "the pack has no such status list")
}

// ListAt reads the list that was served at a URL, and calls itself by it.
func ListAt(url, text string) (*List, error) {
	if len(text) > maxBody {
		return nil, fmt.Errorf("%s: the status list is larger than %d bytes", url, maxBody)
	}
	list, refusal := parseList([]byte(text))
	switch {
	case refusal != nil:
		return nil, fmt.Errorf("%s: %s", url, refusal.Message)
	case list.url != url:
		return nil, fmt.Errorf("%s: it is another list, %q", url, list.url)
	}
	return list, nil
}

// A Summary is what a list says of itself.
type Summary struct {
	Issuer     string
	SignedAt   time.Time // zero: not stated
	ValidUntil time.Time // exclusive; zero: not stated
}

// Summary is what nobody has proved yet.
func (l *List) Summary() Summary {
	return Summary{Issuer: l.issuer, SignedAt: l.signedAt, ValidUntil: l.validUntil}
}

// Check proves a list, whoever its issuer is, and that its values can be read.
func (l *List) Check(ctx context.Context, v *proof.Verifier) (Summary, error) {
	issued, err := l.prove(ctx, v)
	if err != nil {
		return Summary{}, asInvalid(err)
	}
	if _, err := l.expanded(); err != nil {
		return Summary{}, refuse(Invalid, "the status list cannot be decompressed: %v", err)
	}
	return Summary{Issuer: issued.Issuer, SignedAt: issued.SignedAt, ValidUntil: earliest(l.validUntil, issued.ExpiresAt)}, nil
}
