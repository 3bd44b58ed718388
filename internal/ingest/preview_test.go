package ingest_test

import (
	"bytes"
	"context"
	"image/png"
	"testing"

	"assay/internal/account/accounttest"
	"assay/internal/audit"
	"assay/internal/audit/pixel"
	"assay/internal/audit/synth"
	"assay/internal/errs"
	"assay/internal/ingest"
	"assay/internal/postgres"
)

// readsNumber finds a medical record number in every raster.
func readsNumber(_ context.Context, rasters []pixel.Raster) ([][]pixel.Word, error) {
	words := make([][]pixel.Word, len(rasters))
	for i := range rasters {
		words[i] = []pixel.Word{
			{Text: "MRN:", Confidence: 90, Box: pixel.Box{X: 4, Y: 4, Width: 40, Height: 12}},
			{Text: "7781234", Confidence: 90, Box: pixel.Box{X: 50, Y: 4, Width: 70, Height: 12}},
		}
	}
	return words, nil
}

func TestPreviewsAreForThoseWhoMayReadTheReport(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	files, err := synth.Series(synth.Spec{Modality: synth.US, Seed: 7, Slices: 3, Problems: []synth.Problem{synth.BurnedInText}})
	if err != nil {
		t.Fatal(err)
	}
	zip, err := synth.Zip(files)
	if err != nil {
		t.Fatal(err)
	}
	j := r.submit(t, zip)
	s := ingest.New(r.db, r.blobs, r.listings, ingest.Options{Version: "test", Scratch: r.scratch, Tools: audit.Tools{ReadText: readsNumber}}, discard)
	if err := s.Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	report := r.dossier(t, j.Version).Report.ID
	stranger := accounttest.Organization(t, r.db)
	for _, reader := range []struct {
		name  string
		actor postgres.Actor
		may   bool
	}{
		{"the seller", r.org.Owner, true},
		{"a stranger", stranger.Owner, false},
		{"a reviewer, before it is submitted", postgres.Actor{User: stranger.Owner.User, Platform: postgres.Reviewer}, false},
		{"nobody", postgres.Actor{}, false},
	} {
		list, err := s.Previews(t.Context(), reader.actor, report)
		if err != nil || (len(list) > 0) != reader.may {
			t.Errorf("%s sees %d previews (%v)", reader.name, len(list), err)
		}
		image, err := s.PreviewImage(t.Context(), reader.actor, report, 1)
		if !reader.may {
			if errs.KindOf(err) != errs.NotFound {
				t.Errorf("%s asks for a picture: %v, want NotFound", reader.name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s asks for a picture: %v", reader.name, err)
		}
		picture, err := png.DecodeConfig(bytes.NewReader(image))
		if err != nil || picture.Width != list[0].Width || picture.Height != list[0].Height {
			t.Errorf("%s got a picture of %d x %d (%v), want %d x %d", reader.name, picture.Width, picture.Height, err, list[0].Width, list[0].Height)
		}
		if list[0].Severity != "blocker" || list[0].Source != "(7FE0,0010) PixelData" {
			t.Errorf("%s sees %+v", reader.name, list[0])
		}
	}
}
