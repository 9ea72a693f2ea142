package fetch

import (
	"errors"
	"net"
	"regexp"
	"strconv"
	"strings"
)

var (
	label  = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
	number = regexp.MustCompile(`^(?:[0-9]+|0x[0-9a-f]*)$`)
)

var errHost = errors.New("not a host name in lower case, with at least one dot, and a port at most")

// CheckHost refuses what is not a fully qualified host name in its one
// spelling, with or without ":port": letters in lower case, digits and hyphens
// (RFC 1123; internationalised names as A-labels), no dot at the end, no IP
// address in any notation that a library reads as one.
func CheckHost(host string) error {
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort {
		if _, err := portOf(port); err != nil {
			return err
		}
	}
	labels := strings.Split(name, ".")
	if len(labels) < 2 || len(name) > 253 || number.MatchString(labels[len(labels)-1]) {
		return errHost
	}
	for _, l := range labels {
		if !label.MatchString(l) {
			return errHost
		}
	}
	return nil
}

// portOf reads a port from 1 to 65535 in its one spelling.
func portOf(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != text {
		return 0, errors.New("not a port")
	}
	return uint16(n), nil
}

// authority is a host with its port, 443 where none is named.
func authority(host string) string {
	if strings.Contains(host, ":") {
		return host
	}
	return net.JoinHostPort(host, "443")
}
