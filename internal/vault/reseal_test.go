package vault_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
	"assay/internal/vault/vaulttest"
)

func TestAnotherKeyOpensNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	v := r.put(vault.Incoming{})
	r.use(vaulttest.Key(t, 2))
	if _, err := r.open(v.Ref()); err == nil || !strings.Contains(err.Error(), "ASSAY_VAULT_OLD_KEYS") || strings.Contains(err.Error(), "letter") {
		t.Errorf("Open without the key: %v, want an error that says what to set", err)
	}
}

func TestAKeyIsRotatedByTheSweep(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	v := r.put(vault.Incoming{})
	before := r.objects()
	r.use(vaulttest.Key(t, 2), vaulttest.Key(t, 1))
	if got, err := r.open(v.Ref()); err != nil || got != pdf {
		t.Errorf("with the older key named: %v", err)
	}
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatalf("Sweep: %v", err)
	}
	after := r.objects()
	for path := range after {
		if before[path] != "" {
			t.Errorf("the object under the older key stays: %s", path)
		}
	}
	if len(after) != 1 {
		t.Errorf("%d objects after the sweep, want 1", len(after))
	}
	r.use(vaulttest.Key(t, 2))
	if got, err := r.open(v.Ref()); err != nil || got != pdf {
		t.Errorf("with the newer key alone: %v", err)
	}
	if err := r.Sweep(t.Context()); err != nil || len(r.objects()) != 1 {
		t.Errorf("a second sweep: %v", err)
	}
}

func TestWhatLiesInClearIsSealedByTheSweep(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	v := r.put(vault.Incoming{})
	if _, err := r.blobs.Put(t.Context(), "verification/old", strings.NewReader(pdf)); err != nil {
		t.Fatal(err)
	}
	r.superReplica(`UPDATE vault_version SET key_id = '', blob_key = 'verification/old'`)
	if got, err := r.open(v.Ref()); err != nil || got != pdf {
		t.Errorf("before the sweep: %v", err)
	}
	if err := r.blobs.Delete(t.Context(), v.BlobKey); err != nil {
		t.Fatal(err)
	}
	if err := r.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, content := range r.objects() {
		if strings.Contains(content, "%PDF") {
			t.Errorf("%s lies in clear", path)
		}
	}
	if got, err := r.open(v.Ref()); err != nil || got != pdf {
		t.Errorf("after the sweep: %v", err)
	}
	if n, err := r.as(r.org.Owner, `UPDATE vault_version SET key_id = ''`); !postgres.IsRefused(err) {
		t.Errorf("the app takes a seal away: %d rows, %v, want refused", n, err)
	}
}

// Thirty documents under two older keys and one in clear: interrupted by a
// cancelled context after a few, then run again.
func TestDocumentsMoveToANewKeyThoughInterrupted(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	var refs []vault.Ref
	for i := range 30 {
		if i == 15 {
			r.use(vaulttest.Key(t, 2), vaulttest.Key(t, 1))
		}
		refs = append(refs, r.put(vault.Incoming{Content: strings.NewReader(fmt.Sprintf("%s%d", pdf, i))}).Ref())
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.use(vaulttest.Key(t, 3), vaulttest.Key(t, 2), vaulttest.Key(t, 1))
	r.super(`CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no power''; END'`)
	r.super(`CREATE TRIGGER zz_stop BEFORE UPDATE ON vault_version FOR EACH ROW WHEN (OLD.document_id > '` + string(middle(refs)) + `') EXECUTE FUNCTION stop()`)
	first, err := r.Reseal(ctx)
	if err == nil || first == 0 || first == len(refs) {
		t.Fatalf("Reseal that is interrupted: %d done, %v, want some and an error", first, err)
	}
	cancel()
	if n, err := r.Reseal(ctx); n != 0 || err == nil {
		t.Errorf("Reseal after the end was asked for: %d done, %v", n, err)
	}
	for i, ref := range refs {
		if got, err := r.open(ref); err != nil || got != fmt.Sprintf("%s%d", pdf, i) {
			t.Errorf("document %d between the runs: %v", i, err)
		}
	}
	r.super(`DROP TRIGGER zz_stop ON vault_version`)
	second, err := r.Reseal(t.Context())
	if err != nil || first+second != len(refs) {
		t.Errorf("second run: %d done after %d, %v, want %d in all", second, first, err, len(refs))
	}
	r.use(vaulttest.Key(t, 3))
	for i, ref := range refs {
		if got, err := r.open(ref); err != nil || got != fmt.Sprintf("%s%d", pdf, i) {
			t.Errorf("document %d with the newest key alone: %v", i, err)
		}
	}
	r.super(`UPDATE vault_leftover SET due_at = now() - interval '1 second'`)
	if err := r.Sweep(t.Context()); err != nil || len(r.objects()) != len(refs) {
		t.Errorf("%d objects are left, %v, want %d", len(r.objects()), err, len(refs))
	}
}

func middle(refs []vault.Ref) id.Document {
	var ids []id.Document
	for _, r := range refs {
		ids = append(ids, r.Document)
	}
	slices.Sort(ids)
	return ids[len(ids)/2]
}

func TestDocumentsUnderAKeyThatIsNotThereAreTold(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.put(vault.Incoming{})
	r.use(vaulttest.Key(t, 2))
	if n, err := r.Reseal(t.Context()); n != 0 || err == nil || !strings.Contains(err.Error(), "1 documents lie under the key") {
		t.Errorf("Reseal = %d, %v, want an error that counts the document", n, err)
	}
}
