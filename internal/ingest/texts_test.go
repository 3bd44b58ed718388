package ingest_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account"
	"assay/internal/account/accounttest"
	"assay/internal/activity"
	"assay/internal/audit"
	"assay/internal/audit/dicom/dicomtest"
	"assay/internal/audit/synth"
	"assay/internal/blob"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/ingest"
	"assay/internal/job"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
)

var (
	secret      = []byte(strings.Repeat("s", 32))
	otherSecret = []byte(strings.Repeat("o", 32))
)

func (r room) sealing(secret []byte) *ingest.Service {
	return ingest.New(r.db, r.blobs, r.listings, ingest.Options{Version: "test", Scratch: r.scratch, SecretKey: secret}, discard)
}

// described is a set whose descriptions hold a word that nobody knows.
func described(t *testing.T) []byte {
	t.Helper()
	return zipOf(t, dicomtest.Build("(0008,0016) UI CTImageStorage\n(0008,0018) UI 2.25.1\n(0008,103E) LO Quolvex knee\n"))
}

func zipOf(t *testing.T, data []byte) []byte {
	t.Helper()
	pack, err := synth.Zip([]synth.File{{Path: "1.dcm", Data: data}})
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

// audited sends a set and audits it under a secret.
func (r room) audited(t *testing.T, secret []byte) (job.AuditVersion, id.Report) {
	t.Helper()
	j := r.submit(t, described(t))
	if err := r.sealing(secret).Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	d := r.dossier(t, j.Version)
	if d.Report == nil {
		t.Fatalf("state %s, want a report", d.Version.State)
	}
	return j, d.Report.ID
}

func (r room) sealed(t *testing.T, report id.Report) []byte {
	t.Helper()
	body, err := r.blobs.Get(t.Context(), ingest.TextsKey(report), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (r room) hasTexts(t *testing.T, report id.Report) bool {
	t.Helper()
	_, err := r.blobs.Size(t.Context(), ingest.TextsKey(report))
	if err != nil && errs.KindOf(err) != errs.NotFound {
		t.Fatal(err)
	}
	return err == nil
}

func TestTextsAreSealedAndOpenForTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j, report := r.audited(t, secret)
	s := r.sealing(secret)

	list, err := s.Texts(t.Context(), r.org.Owner, j.Version)
	if err != nil {
		t.Fatal(err)
	}
	want := ingest.TextList{Texts: []audit.ResidualText{{Attribute: "SeriesDescription", Text: "Quolvex knee", Count: 1}}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	if b := r.sealed(t, report); bytes.Contains(b, []byte("Quolvex")) || bytes.Contains(b, []byte("SeriesDescription")) {
		t.Error("the object can be read")
	}
	if d := r.dossier(t, j.Version); strings.Contains(string(d.Report.Body), "Quolvex") {
		t.Error("the report holds the text")
	}

	stranger := accounttest.Organization(t, r.db).Owner
	platform := r.org.Owner
	platform.Organization, platform.Platform = stranger.Organization, postgres.Admin
	for name, a := range map[string]postgres.Actor{
		"another organization":          stranger,
		"a reviewer":                    {User: stranger.User, Platform: postgres.Reviewer},
		"a reviewer elsewhere":          {User: stranger.User, Organization: stranger.Organization, Platform: postgres.Reviewer},
		"a reviewer who claims to join": {User: stranger.User, Organization: r.org.ID, Platform: postgres.Reviewer},
		"an admin of the platform":      platform,
		"the worker":                    {User: stranger.User, Platform: postgres.Worker},
	} {
		if list, err := s.Texts(t.Context(), a, j.Version); errs.KindOf(err) != errs.NotFound || len(list.Texts) > 0 {
			t.Errorf("%s: %d texts, %v; want NotFound", name, len(list.Texts), err)
		}
	}
	_, foreign := s.Texts(t.Context(), stranger, j.Version)
	_, absent := s.Texts(t.Context(), stranger, id.New[id.Version]())
	if foreign.Error() != absent.Error() {
		t.Errorf("a foreign version %q and an absent one %q differ", foreign, absent)
	}
	viewer := r.member(t, account.Viewer)
	if _, err := s.Texts(t.Context(), viewer, j.Version); errs.KindOf(err) != errs.Forbidden {
		t.Errorf("a viewer: %v, want Forbidden", err)
	}
	editor := r.member(t, account.Editor)
	if list, err := s.Texts(t.Context(), editor, j.Version); err != nil || len(list.Texts) != 1 {
		t.Errorf("an editor: %d texts, %v", len(list.Texts), err)
	}
	if got := r.readers(t, j.Version); !cmp.Equal(got, []id.User{r.org.Owner.User, editor.User}) {
		t.Errorf("recorded readers %v, want the owner and the editor", got)
	}
}

// member makes somebody with a role in the room's organization.
func (r room) member(t *testing.T, role account.Role) postgres.Actor {
	t.Helper()
	a := postgres.Actor{User: accounttest.Organization(t, r.db).Owner.User, Organization: r.org.ID}
	err := r.db.InTx(t.Context(), postgres.Actor{Organization: r.org.ID}, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO membership (organization_id, user_id, role) VALUES ($1, $2, $3)`, r.org.ID, a.User, role)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// readers are those whose look at the texts of a version is recorded.
func (r room) readers(t *testing.T, v id.Version) (users []id.User) {
	t.Helper()
	err := r.db.InTx(t.Context(), r.org.Owner, func(tx pgx.Tx) error {
		rows, err := activity.Of(t.Context(), tx, "version", string(v))
		for _, row := range rows {
			if row.Verb == "version.read_texts" {
				users = append(users, row.User)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return users
}

func TestASealThatDoesNotFitOpensNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j, report := r.audited(t, secret)
	other, otherReport := r.audited(t, secret)
	sealed, foreign := r.sealed(t, report), r.sealed(t, otherReport)
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)/2] ^= 1
	put := func(b []byte) {
		t.Helper()
		if _, err := r.blobs.Put(t.Context(), ingest.TextsKey(report), bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		secret []byte
		object []byte
	}{
		{"another secret", otherSecret, sealed}, {"no secret", nil, sealed}, {"a cut object", secret, sealed[:len(sealed)-1]},
		{"less than a nonce", secret, sealed[:5]}, {"an empty object", secret, nil}, {"a flipped bit", secret, flipped},
		{"the list of another version", secret, foreign},
	} {
		put(tt.object)
		list, err := r.sealing(tt.secret).Texts(t.Context(), r.org.Owner, j.Version)
		if errs.KindOf(err) != errs.Conflict || len(list.Texts) > 0 {
			t.Errorf("%s: %d texts, %v; want Conflict", tt.name, len(list.Texts), err)
		}
		if err != nil && strings.Contains(err.Error(), "Quolvex") {
			t.Errorf("%s: the error quotes a text", tt.name)
		}
	}
	put(sealed)
	if list, err := r.sealing(secret).Texts(t.Context(), r.org.Owner, j.Version); err != nil || len(list.Texts) != 1 {
		t.Errorf("the right one again: %d texts, %v", len(list.Texts), err)
	}
	if got := r.readers(t, other.Version); len(got) != 0 {
		t.Errorf("%d looks recorded at a list that nobody opened", len(got))
	}
}

func TestWithoutASecretNoTextIsKept(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j, report := r.audited(t, nil)
	if r.hasTexts(t, report) {
		t.Error("a list was kept")
	}
	if _, err := r.sealing(secret).Texts(t.Context(), r.org.Owner, j.Version); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Texts = %v, want NotFound", err)
	}
}

func TestTextsGoWithTheirVersion(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	s := r.sealing(secret)
	kept, keptReport := r.audited(t, secret)
	deleted, deletedReport := r.audited(t, secret)
	orphan := id.New[id.Report]()
	if _, err := r.blobs.Put(t.Context(), ingest.TextsKey(orphan), strings.NewReader("sealed")); err != nil {
		t.Fatal(err)
	}
	if err := r.listings.Delete(t.Context(), r.org.Owner, r.dossier(t, deleted.Version).Listing.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.hasTexts(t, deletedReport) {
		t.Error("the list of a deleted data set is still there")
	}
	if !r.hasTexts(t, keptReport) || !r.hasTexts(t, orphan) {
		t.Error("the sweep took a list whose version is there, or one that may be about to have its report")
	}
	if _, err := s.Texts(t.Context(), r.org.Owner, deleted.Version); errs.KindOf(err) != errs.NotFound {
		t.Errorf("Texts of the deleted one = %v, want NotFound", err)
	}
	if _, err := s.Texts(t.Context(), r.org.Owner, kept.Version); err != nil {
		t.Error(err)
	}
}

// Final or not, a version keeps its list while its files may still be offered
// or mended.
func TestTextsStayWhileTheirVersionCounts(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	s := r.sealing(secret)
	for state, want := range map[listing.State]bool{
		listing.AuditFailed: true, listing.Flagged: true, listing.Approved: true, listing.Live: true, listing.Suspended: true,
		listing.Rejected: true, listing.Superseded: false, listing.Withdrawn: false,
	} {
		d := listingtest.Version(t, r.db, r.org, state)
		if d.Report == nil {
			t.Fatalf("%s: no report", state)
		}
		sealed, err := ingest.TextList{}.Seal(secret, ingest.TextsOf{Organization: r.org.ID, Version: d.Version.ID, Report: d.Report.ID})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.blobs.Put(t.Context(), ingest.TextsKey(d.Report.ID), bytes.NewReader(sealed)); err != nil {
			t.Fatal(err)
		}
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.hasTexts(t, d.Report.ID); got != want {
			t.Errorf("%s: kept %v, want %v", state, got, want)
		}
	}
}

// A list that cannot be kept stops the whole result: neither report nor list
// is left behind.
func TestAListThatCannotBeKeptStopsTheResult(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j := r.submit(t, described(t))
	if _, err := r.blobs.Put(t.Context(), "texts", strings.NewReader("in the way of the folder")); err != nil {
		t.Fatal(err)
	}
	if err := r.sealing(secret).Audit(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if d := r.dossier(t, j.Version); d.Version.State != listing.Queued || d.Report != nil {
		t.Errorf("state %s, report %v; want queued again without a report", d.Version.State, d.Report)
	}
	err := r.blobs.List(t.Context(), "report/", func(o blob.Object) error { return errors.New("left behind: " + o.Key) })
	if err != nil {
		t.Error(err)
	}
}

func TestListsOfTextsMoveToANewSecret(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	j, report := r.audited(t, secret)
	both := ingest.New(r.db, r.blobs, r.listings, ingest.Options{Version: "test", Scratch: r.scratch, SecretKey: otherSecret, OldSecretKeys: [][]byte{secret}}, discard)
	if _, err := both.Texts(t.Context(), r.org.Owner, j.Version); err != nil {
		t.Errorf("with the older secret named: %v", err)
	}
	for _, want := range []int{1, 0} {
		if n, err := both.Reseal(t.Context()); n != want || err != nil {
			t.Errorf("Reseal = %d, %v, want %d", n, err, want)
		}
	}
	if list, err := r.sealing(otherSecret).Texts(t.Context(), r.org.Owner, j.Version); err != nil || len(list.Texts) != 1 {
		t.Errorf("under the newer secret alone: %v, %v", list, err)
	}
	if _, err := r.blobs.Put(t.Context(), ingest.TextsKey(report), strings.NewReader("no seal at all, but long enough")); err != nil {
		t.Fatal(err)
	}
	if n, err := both.Reseal(t.Context()); n != 0 || err == nil {
		t.Errorf("Reseal of a list that does not open = %d, %v, want an error", n, err)
	}
}
