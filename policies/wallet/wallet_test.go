package wallet_test

import (
	"regexp"
	"testing"

	"github.com/procura-dev/procura/policies/authz"
	"github.com/procura-dev/procura/policies/wallet"
)

var rule = regexp.MustCompile(`(?m)^(test_\w+)`)

func TestSet(t *testing.T) {
	t.Parallel()
	set := wallet.Set()
	var tests []authz.Test
	for _, name := range rule.FindAllString(string(set.Rego["authz_test.rego"]), -1) {
		tests = append(tests, authz.Test{File: "authz_test.rego", Package: "procura.authz_test", Name: name})
	}
	if len(tests) < 11 {
		t.Fatalf("%d tests found", len(tests))
	}
	failed, err := set.Test(t.Context(), tests)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range failed {
		t.Errorf("%s does not hold", f.Name)
	}
}
