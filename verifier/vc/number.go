package vc

import (
	"strconv"
	"strings"
)

// exactDigits is how many digits each double keeps (IEEE 754, binary64).
const exactDigits = 15

// written reports whether a JSON number has the value with which f, which was
// read from it, is written.
func written(number string, f float64) bool {
	if len(number) <= exactDigits && !strings.ContainsAny(number, "eE") {
		return true
	}
	digits, exponent, ok := decimal(number)
	want, place, _ := decimal(strconv.FormatFloat(f, 'e', -1, 64))
	return ok && digits == want && exponent == place
}

// decimal is the value of a JSON number as sign and digits without zeros at
// either end, times ten to a power; zero is no digits, times one. It is not ok
// where the exponent is none that a double has.
func decimal(number string) (digits string, exponent int, ok bool) {
	mantissa, power := number, 0
	if i := strings.IndexAny(number, "eE"); i >= 0 {
		mantissa = number[:i]
		var err error
		if power, err = strconv.Atoi(strings.TrimPrefix(number[i+1:], "+")); err != nil {
			return "", 0, false
		}
	}
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := strings.TrimLeft(whole+fraction, "0")
	kept := strings.TrimRight(all, "0")
	if kept == "" {
		return "", 0, true
	}
	return sign + kept, power - len(fraction) + len(all) - len(kept), true
}
