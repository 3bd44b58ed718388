package ingest

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres/postgrestest"
)

// made are n images, no two equal, those of another first not among them.
func made(first, n int) []audit.PixelDigest {
	list := make([]audit.PixelDigest, n)
	for i := range list {
		binary.BigEndian.PutUint64(list[i].Digest[:], uint64(first+i))
		list[i].Instances = 1
	}
	return list
}

// BenchmarkIndexOfPixels keeps and looks up the largest set that is compared,
// on a platform that holds five of them in private: none equal, then all. What
// the seller may wait for is told apart from the note for reviewers.
func BenchmarkIndexOfPixels(b *testing.B) {
	db := postgrestest.New(b)
	service := &Service{db: db, pixelKey: pixelKey([]byte(strings.Repeat("k", 32)))}
	begin := func() (*run, listing.Dossier) {
		org := accounttest.Organization(b, db)
		d := listingtest.Version(b, db, org, listing.Flagged)
		return &run{Service: service, version: d.Version.ID, organization: org.ID}, d
	}
	keep := func(r *run, images []audit.PixelDigest) time.Duration {
		start := time.Now()
		err := db.InTx(b.Context(), worker, func(tx pgx.Tx) error {
			_, err := r.comparePixels(b.Context(), tx, &audit.Report{PixelDigests: images})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	for i := range 5 {
		r, _ := begin()
		keep(r, made(i*maxIndexed, maxIndexed))
	}
	for _, tt := range []struct {
		name  string
		first int
	}{{"none equal", 5 * maxIndexed}, {"all equal", 2 * maxIndexed}} {
		b.Run(tt.name, func(b *testing.B) {
			var kept, noted time.Duration
			for b.Loop() {
				r, d := begin()
				kept += keep(r, made(tt.first, maxIndexed))
				start := time.Now()
				if err := service.match(b.Context(), d.Report.ID, d.Version.ID, r.organization); err != nil {
					b.Fatal(err)
				}
				noted += time.Since(start)
			}
			b.ReportMetric(kept.Seconds()/float64(b.N), "s/kept")
			b.ReportMetric(noted.Seconds()/float64(b.N), "s/noted")
		})
	}
}
