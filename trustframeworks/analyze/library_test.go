package analyze_test

import (
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/analyze"
	"github.com/procura-dev/procura/trustframeworks/library"
)

func TestWhatShipsIsClean(t *testing.T) {
	t.Parallel()
	sources := append(library.All(), library.Source{Name: "skeleton", Raw: trustframeworks.New("Way home")})
	for _, s := range sources {
		_, _, found := analyze.Compile(&trustframeworks.Source{Document: s.Raw})
		for _, f := range found {
			t.Errorf("%s:%v %v", s.Name, f.Level, f)
		}
	}
}
