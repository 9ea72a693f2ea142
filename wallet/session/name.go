package session

import (
	"fmt"

	"golang.org/x/text/secure/precis"
)

// maxName bounds a name, in bytes of UTF-8.
const maxName = 128

// Canonical is a name as it is compared and kept (RFC 8265, 3.3,
// UsernameCaseMapped); else [ErrName]. Two that look alike may differ.
func Canonical(name string) (string, error) {
	if len(name) > 4*maxName {
		return "", fmt.Errorf("%w: it is longer than %d bytes", ErrName, maxName)
	}
	canonical, err := precis.UsernameCaseMapped.String(name)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrName, err)
	}
	if canonical == "" || len(canonical) > maxName {
		return "", fmt.Errorf("%w: it has 1–%d bytes", ErrName, maxName)
	}
	return canonical, nil
}

// password is a password as it is proved (RFC 8265, 4.2, OpaqueString).
func password(text string) ([]byte, error) {
	b, err := precis.OpaqueString.Bytes([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("this cannot be a password: %w", err)
	}
	return b, nil
}
