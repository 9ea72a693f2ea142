package status

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"io"
	"strings"
)

// maxValues bounds a list's values, in bytes: 33 million of one bit.
const maxValues = 4 << 20

var (
	errBomb  = errors.New("the list is larger than any that is read")
	errExtra = errors.New("something stands after the compressed list")
)

// expand decompresses a list of at most maxValues bytes.
func expand(compressed []byte, open func(io.Reader) (io.ReadCloser, error)) ([]byte, error) {
	in := bytes.NewReader(compressed)
	r, err := open(in)
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, maxValues+1))
	switch {
	case err != nil:
		return nil, err
	case len(out) > maxValues:
		return nil, errBomb
	case in.Len() > 0:
		return nil, errExtra
	}
	return out, r.Close()
}

// gunzip opens one member of gzip (RFC 1952).
func gunzip(r io.Reader) (io.ReadCloser, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return z, nil
}

// bitstring reads an encodedList (Bitstring Status List v1.0, "Bitstring
// Expansion Algorithm"): multibase u, then gzip.
func bitstring(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, "u")
	if !ok {
		return nil, errors.New("encodedList is not multibase with base64url")
	}
	compressed, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, errors.New("encodedList is not base64url without padding")
	}
	return expand(compressed, gunzip)
}

// bitstring2021 reads an encodedList of StatusList2021: base64, of which both
// alphabets are in use, then gzip.
func bitstring2021(text string) ([]byte, error) {
	encoded := strings.TrimRight(text, "=")
	encoding := base64.RawURLEncoding
	if strings.ContainsAny(encoded, "+/") {
		encoding = base64.RawStdEncoding
	}
	compressed, err := encoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, errors.New("encodedList is not base64")
	}
	return expand(compressed, gunzip)
}

// tokenValues reads an lst (Token Status List, "Status List in JSON Format"):
// base64url, then zlib.
func tokenValues(text string) ([]byte, error) {
	compressed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errors.New("lst is not base64url without padding")
	}
	return expand(compressed, zlib.NewReader)
}

// leftmost is the value of size bits at an index, where index 0 is the left-most
// bit (Bitstring Status List v1.0, "Validate Algorithm").
func leftmost(values []byte, index uint64, size int) (int, bool) {
	first := index * uint64(size)
	if index > maxIndex || first+uint64(size) > 8*uint64(len(values)) {
		return 0, false
	}
	value := 0
	for at := first; at < first+uint64(size); at++ {
		value = value<<1 | int(values[at/8]>>(7-at%8)&1)
	}
	return value, true
}

// rightmost is the value of size bits at an index, where each byte is filled
// from its least significant bit (Token Status List, "Status List"). Size divides 8.
func rightmost(values []byte, index uint64, size int) (int, bool) {
	first := index * uint64(size)
	if index > maxIndex || first+uint64(size) > 8*uint64(len(values)) {
		return 0, false
	}
	return int(values[first/8]>>(first%8)) & (1<<size - 1), true
}
