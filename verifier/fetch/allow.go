package fetch

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// An Allowance is a host that the operator allows (fetch.allow). It is the
// only way to an address that is not public.
type Allowance struct {
	Host    string         // name, or name:port; without a port: 443
	Address netip.AddrPort // where to connect instead of looking the name up; zero: look it up
	Roots   *x509.CertPool // the only authorities that may certify the host; nil: the system's
}

// ReadAllowance reads "HOST" or "host=HOST,address=IP[:PORT],caFile=FILE", of
// which all but host may be absent, and the file.
func ReadAllowance(text string) (Allowance, error) {
	if !strings.Contains(text, "=") {
		text = "host=" + text
	}
	members := map[string]string{}
	for _, part := range strings.Split(text, ",") {
		name, value, ok := strings.Cut(part, "=")
		if _, twice := members[name]; !ok || twice || value == "" {
			return Allowance{}, fmt.Errorf("%q: want host=HOST,address=IP[:PORT],caFile=FILE", text)
		}
		members[name] = value
	}
	a, err := allowance(members)
	if err != nil {
		return Allowance{}, fmt.Errorf("%q: %w", text, err)
	}
	return a, nil
}

func allowance(members map[string]string) (a Allowance, err error) {
	if err := CheckHost(members["host"]); err != nil {
		return a, err
	}
	for name, value := range members {
		switch name {
		case "host":
			a.Host = value
		case "address":
			a.Address, err = address(value, members["host"])
		case "caFile":
			a.Roots, err = authorities(value)
		default:
			err = fmt.Errorf("there is no member %q; host, address and caFile are", name)
		}
		if err != nil {
			return a, err
		}
	}
	return a, nil
}

// address reads IP or IP:PORT; the host's port where none is named.
func address(text, host string) (netip.AddrPort, error) {
	if both, err := netip.ParseAddrPort(text); err == nil {
		return both, nil
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.AddrPort{}, errors.New("address is not an IP address, with or without a port")
	}
	full := authority(host)
	port, err := portOf(full[strings.LastIndexByte(full, ':')+1:])
	return netip.AddrPortFrom(ip, port), err
}

func authorities(path string) (*x509.CertPool, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", path)
	}
	return pool, nil
}
