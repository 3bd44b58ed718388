package ingest_test

import (
	"fmt"
	"testing"

	"assay/internal/audit/synth"
	"assay/internal/ingest"
)

// BenchmarkAuditsByNewRules audits ten live versions of 100 CT slices each
// again by newer rules, one after the other as one worker does, without the
// fence.
func BenchmarkAuditsByNewRules(b *testing.B) {
	const versions, slices = 10, 100
	r := newRoom(b)
	for i := range versions {
		files, err := synth.Series(synth.Spec{Modality: synth.CT, Seed: uint64(i + 1), Slices: slices})
		if err != nil {
			b.Fatal(err)
		}
		zip, err := synth.Zip(files)
		if err != nil {
			b.Fatal(err)
		}
		r.live(b, zip, nil)
	}
	rules := 0
	for b.Loop() {
		rules++
		r.reaudit(b, ingest.New(r.db, r.blobs, r.listings,
			ingest.Options{Version: "test", Scratch: r.scratch, RulesVersion: fmt.Sprintf("9999.%d", rules)}, discard))
	}
	took := b.Elapsed().Seconds()
	b.ReportMetric(float64(b.N*versions)/took, "versions/s")
	b.ReportMetric(float64(b.N*versions*slices)/took, "files/s")
	if done := len(r.read(b, `SELECT id::text FROM reaudit WHERE state = 'noted'`)); done != b.N*versions {
		b.Errorf("%d audits are noted, want %d", done, b.N*versions)
	}
}
