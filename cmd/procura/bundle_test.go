package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"strconv"
	"strings"
	"testing"
)

// A bundle of many empty files is refused before they fill the memory.
func TestBundleOfManyFiles(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewWriter(z)
	for i := range maxBundle/header + 1 {
		if err := archive.WriteHeader(&tar.Header{Name: strconv.Itoa(i), Format: tar.FormatUSTAR}); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := readBundle(out.Bytes(), wanted{}); err == nil || !strings.Contains(err.Error(), "unpacks to more") {
		t.Errorf("reading it: %v, want that it is too large", err)
	}
}
