package sgl

import (
	"slices"
	"testing"
)

// TestFrameWords holds the data to what a frame says of itself: the reader takes
// each word whole, and tells it from the others.
func TestFrameWords(t *testing.T) {
	t.Parallel()
	for tag, f := range frames {
		words := f.words()
		for i, w := range words {
			s := &sentence{reader: reader{in: []byte(w + " ")}}
			if got := s.word(); got != w || w == "" {
				t.Errorf("%s: %q is read %q", tag, w, got)
			}
			if slices.Contains(words[:i], w) {
				t.Errorf("%s: %q stands for two things", tag, w)
			}
		}
	}
}
