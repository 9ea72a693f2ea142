package vc_test

import (
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
)

// A number is read as it is written, or not at all.
func TestParseExactJSON(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]bool{
		"0": true, "-0": true, "0.0e5": true, "1": true, "-1.50": true, "0.1": true, "1e3": true, "1E+22": true, "1e-7": true, "100e-2": true,
		"9007199254740991": true, "9007199254740992": true, "9007199254740994": true, "1.7976931348623157e308": true, "5e-324": true,
		"1000000000000000000000": true, "0.30000000000000004": true, "123456789012345678": false,
		"9007199254740993": false, "-9007199254740993": false, "9007199254740992.5": false, "900719925474099.3e1": false, "0.1000000000000000000001": false,
		"1.00000000000000000000000001": false, "1e-400": false, "-1e-400": false, "4e-324": false, "0e99999999999999999999": false, "0.000000000000000000000000001e27": true,
	} {
		if _, err := vc.ParseExactJSON([]byte(`{"n": [` + number + `]}`)); (err == nil) != want {
			t.Errorf("%s: %v, want it read: %v", number, err, want)
		}
		if _, err := vc.ParseJSON([]byte(number)); err != nil {
			t.Errorf("%s, as credentials have it: %v", number, err)
		}
	}
}
