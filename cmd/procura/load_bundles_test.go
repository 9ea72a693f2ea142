package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BenchmarkServeAllBundles has eight clients at once pull all of 1,000 frameworks as
// one bundle: what the server holds before, at its most while the bundle is made for
// the first of them and pulled by all, and after that, and how much the bundle is. Its
// time is eight pulls of a bundle that is made.
func BenchmarkServeAllBundles(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(folder(b), "bin", "procura")
	flags := []string{"--listen", "127.0.0.1:0", "--rate-address", "none"}
	p := start(b, program, dir, nil, flags...)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	if err := p.wait(); err != nil {
		b.Fatal(err, p.said())
	}
	crowd(b, dir, 1000)
	p = start(b, program, dir, nil, flags...)
	megabytes := func(name string) float64 { return float64(p.status(b, name)) / 1024 }
	before := megabytes("VmRSS")
	began := time.Now()
	size := pullAll(b, p.base, 8)
	making := time.Since(began)
	made := megabytes("VmHWM")
	for b.Loop() {
		pullAll(b, p.base, 8)
	}
	b.ReportMetric(making.Seconds(), "s-making")
	b.ReportMetric(before, "MB-before")
	b.ReportMetric(made, "MB-most-made")
	b.ReportMetric(megabytes("VmHWM"), "MB-most")
	b.ReportMetric(megabytes("VmRSS"), "MB-after")
	b.ReportMetric(float64(size)/(1<<20), "MB-bundle")
}

// pullAll has n clients at once pull all that anyone may read, and returns how many
// bytes that is.
func pullAll(b *testing.B, base string, n int) (size int64) {
	b.Helper()
	sizes, errs := make([]int64, n), make([]error, n)
	var pulls sync.WaitGroup
	for i := range n {
		pulls.Go(func() { sizes[i], errs[i] = patiently(base + "/public/default/bundles/all.tar.gz") })
	}
	pulls.Wait()
	for i := range n {
		if errs[i] != nil || sizes[i] != sizes[0] {
			b.Fatalf("pull %d: %d bytes, the first has %d (%v)", i, sizes[i], sizes[0], errs[i])
		}
	}
	return sizes[0]
}

// errMaking is an answer that came before the bundle was made.
var errMaking = errors.New("the bundle is being made")

// patiently pulls again while the bundle is made, as OPA does.
func patiently(url string) (n int64, err error) {
	for range 600 {
		if n, err = pull(url); !errors.Is(err, errMaking) {
			break
		}
		time.Sleep(time.Second)
	}
	return n, err
}

func pull(url string) (int64, error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	switch {
	case err != nil || resp.StatusCode == http.StatusOK:
		return n, err
	case resp.StatusCode == http.StatusServiceUnavailable:
		return 0, errMaking
	}
	return n, fmt.Errorf("the server answered %d", resp.StatusCode)
}
