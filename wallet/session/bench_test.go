package session

import (
	"testing"
	"time"

	"github.com/bytemare/opaque"
)

// BenchmarkKE2 is the server's answer to KE1, bytes to bytes. Its ratio is to the
// library alone, on messages and a record that are read already.
func BenchmarkKE2(b *testing.B) {
	s := newServer(b, ann.Origin)
	record, _ := register(b, s, ann, "correct horse", Newest)
	l, err := BeginLogin("correct horse")
	if err != nil {
		b.Fatal(err)
	}
	prover := s.using.Load().proving[proving{1, Newest}]
	kept, err := prover.Deserialize.RegistrationRecord(record.Bytes)
	if err != nil {
		b.Fatal(err)
	}
	ke1, err := prover.Deserialize.KE1(l.KE1)
	if err != nil {
		b.Fatal(err)
	}
	client := &opaque.ClientRecord{RegistrationRecord: kept, CredentialIdentifier: []byte("ann"), ClientIdentity: ann.identity()}
	alone := func() {
		if _, _, err := prover.GenerateKE2(ke1, client); err != nil {
			b.Fatal(err)
		}
	}
	ours := func() {
		if _, _, err := s.Login("default", "ann", record, l.KE1); err != nil {
			b.Fatal(err)
		}
	}
	limit, took := time.Hour, time.Hour
	for b.Loop() {
		limit, took = min(limit, timed(alone)), min(took, timed(ours))
	}
	b.ReportMetric(float64(took.Nanoseconds()), "ns/op")
	b.ReportMetric(float64(limit.Nanoseconds()), "ns/library")
	b.ReportMetric(float64(took)/float64(limit), "x-library")
}

func timed(do func()) time.Duration {
	const times = 20
	began := time.Now()
	for range times {
		do()
	}
	return time.Since(began) / times
}
