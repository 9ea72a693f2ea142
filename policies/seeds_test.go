package policies

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// explored are the seeds that PROCURA_SEED names in the environment: one, or all
// from the first to the last (PROCURA_SEED=7000-7999). Empty: none.
var explored = os.Getenv("PROCURA_SEED")

// randomly runs a test for the seeds 1 to n, and for those that once found a bug,
// so that no run depends on luck; for fewer in a short run. Where seeds are to be
// explored it runs for these instead.
func randomly(t *testing.T, n uint64, found []uint64, test func(t *testing.T, r *rand.Rand)) {
	t.Helper()
	first := uint64(1)
	switch {
	case explored != "":
		first, n, found = between(t)
	case testing.Short():
		n, found = (n+3)/4, nil
	}
	for seed := first; seed <= n; seed++ {
		found = append(found, seed)
	}
	for _, seed := range found {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { test(t, rand.New(rand.NewPCG(seed, 0))) })
	}
}

// between is the first and the last seed that is to be explored.
func between(t *testing.T) (first, last uint64, none []uint64) {
	t.Helper()
	a, b, many := strings.Cut(explored, "-")
	if !many {
		b = a
	}
	first, err := strconv.ParseUint(a, 10, 64)
	if err == nil {
		last, err = strconv.ParseUint(b, 10, 64)
	}
	if err != nil {
		t.Fatal(err)
	}
	return first, last, nil
}
