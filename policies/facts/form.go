package facts

import "strings"

// The forms of texts, byte by byte: digits and letters are those of ASCII. Every
// decision reads a dozen, and regular expressions would take a tenth of it.

const digits = "0123456789"

// shaped says whether a text has the form of another, in which 0 stands for any
// digit and everything else for itself.
func shaped(s, form string) bool {
	if len(s) != len(form) {
		return false
	}
	for i := range len(s) {
		if form[i] == '0' && !isDigit(s[i]) || form[i] != '0' && s[i] != form[i] {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// made says whether a text has from least to most bytes, each of some sort.
func made(s string, least, most int, of func(byte) bool) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for i := range len(s) {
		if !of(s[i]) {
			return false
		}
	}
	return true
}

func letterOrDigit(c byte) bool { return isLetter(c) || isDigit(c) }

// begins cuts a text behind a beginning of a form.
func begins(s, form string) (rest string, ok bool) {
	if len(s) < len(form) || !shaped(s[:len(form)], form) {
		return "", false
	}
	return s[len(form):], true
}

// afterFraction is what follows ".5", or the text itself where it does not begin
// with a fraction.
func afterFraction(s string) string {
	fraction, ok := strings.CutPrefix(s, ".")
	rest := strings.TrimLeft(fraction, digits)
	if !ok || len(rest) == len(fraction) {
		return s
	}
	return rest
}

// isOffset says whether a text is "Z", or hours and minutes from UTC.
func isOffset(s string) bool { return s == "Z" || shaped(s, "+00:00") || shaped(s, "-00:00") }

// isDecimal says whether a text is a number of at most so many digits, or that
// and a fraction.
func isDecimal(s string, most int) bool {
	fraction := strings.TrimLeft(s, digits)
	whole := len(s) - len(fraction)
	return 1 <= whole && whole <= most && afterFraction(fraction) == ""
}
