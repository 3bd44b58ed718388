package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/vault"
)

func TestADocumentComesBackWholeAndLiesNowhereInClear(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	const canary = "ZZYZX the name of a person"
	body := pdf + canary
	v := r.put(vault.Incoming{Name: "letter.pdf", Content: strings.NewReader(body)})
	if got, err := r.open(v.Ref()); err != nil || got != body {
		t.Errorf("Open = %d bytes, %v, want the %d that came in", len(got), err, len(body))
	}
	found := r.objects()
	if len(found) != 1 {
		t.Errorf("%d objects for one document", len(found))
	}
	for path, content := range found {
		if strings.Contains(content, canary) || strings.Contains(content, "%PDF") || strings.Contains(path, string(v.Document)) || strings.Contains(path, "letter") {
			t.Errorf("the object %s tells of the document", path)
		}
	}
}

func TestNoTwoObjectsAreEqual(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for range 5 {
		r.put(vault.Incoming{})
	}
	seen := map[string]bool{}
	for _, content := range r.objects() {
		seen[content[:100]] = true
	}
	if len(seen) != 5 {
		t.Errorf("one file kept 5 times makes %d different objects, want 5", len(seen))
	}
}

func TestTamperedBytesAreRefusedWhole(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	one, two := r.put(vault.Incoming{}), r.put(vault.Incoming{})
	store := func(v vault.Version, body string) {
		t.Helper()
		if _, err := r.blobs.Put(t.Context(), v.BlobKey, strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	var sealed, other string
	for path, content := range r.objects() {
		if strings.Contains(path, strings.TrimPrefix(one.BlobKey, "vault/")) {
			sealed = content
		} else {
			other = content
		}
	}
	flipped := func(i int) string {
		b := []byte(sealed)
		b[i] ^= 1
		return string(b)
	}
	for name, body := range map[string]string{
		"a changed format": flipped(0), "a changed salt": flipped(20), "a changed nonce": flipped(50), "a changed byte": flipped(70),
		"a changed tag": flipped(len(sealed) - 1), "a cut tail": sealed[:len(sealed)-1], "one byte more": sealed + "x",
		"nothing": "", "the plain file": pdf, "the object of another document": other,
	} {
		store(one, body)
		if got, err := r.open(one.Ref()); err == nil || got != "" {
			t.Errorf("%s: %d bytes came out, %v", name, len(got), err)
		}
	}
	store(one, sealed)
	if _, err := r.open(one.Ref()); err != nil {
		t.Errorf("the object as it was: %v", err)
	}
	if _, err := r.open(two.Ref()); err != nil {
		t.Errorf("the other document: %v", err)
	}
}

func TestASealHoldsForOneOrganizationDocumentAndVersion(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	v := r.put(vault.Incoming{})
	second := r.put(vault.Incoming{Replaces: v.Document, Content: strings.NewReader(pdf + "2")})
	r.superReplica(`UPDATE vault_version SET blob_key = $1, sha256 = $2 WHERE document_id = $3 AND number = 1`,
		second.BlobKey, second.SHA256, v.Document)
	if _, err := r.open(v.Ref()); err == nil {
		t.Error("the object of version 2 opens as version 1")
	}
	thief := accounttest.Organization(t, r.db.DB)
	r.superReplica(`UPDATE vault_version SET organization_id = $1 WHERE number = 2`, thief.ID)
	r.superReplica(`UPDATE vault_document SET organization_id = $1`, thief.ID)
	if _, body, err := r.Open(t.Context(), thief.Owner, second.Ref(), reader); err == nil || len(body) > 0 {
		t.Error("a document opens for an organization that it was not sealed for")
	}
}

func TestVersionsFollowEachOtherAndNoneIsOverwritten(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	first := r.put(vault.Incoming{Title: "Approval 2026-114"})
	second := r.put(vault.Incoming{Replaces: first.Document, Name: "renewed.pdf", Content: strings.NewReader(pdf + "2")})
	if second.Number != 2 || second.Title != "Approval 2026-114" || second.Kind != vault.IRBApproval {
		t.Errorf("the second version is number %d of %q, %s", second.Number, second.Title, second.Kind)
	}
	list, err := r.List(t.Context(), r.org.Owner, anyone)
	if err != nil || len(list) != 1 || len(list[0].Versions) != 2 || list[0].Current().Number != 2 {
		t.Fatalf("List = %+v, %v, want one document whose newest version is 2", list, err)
	}
	for ref, want := range map[vault.Ref]string{first.Ref(): pdf, second.Ref(): pdf + "2"} {
		if got, err := r.open(ref); err != nil || got != want {
			t.Errorf("version %d: %v", ref.Number, err)
		}
	}
	_, err = r.Put(t.Context(), r.org.Owner, vault.Incoming{Replaces: first.Document, Name: "x.pdf", Content: strings.NewReader(pdf + "2")}, anyone, nil)
	wantKind(t, "the newest version once more", err, errs.Invalid)
	for _, sql := range []string{`UPDATE vault_version SET sha256 = repeat('0', 64)`, `UPDATE vault_version SET expires_on = NULL`, `UPDATE vault_version SET name = 'x'`} {
		if _, err := r.as(r.org.Owner, sql); !postgres.IsRefused(err) {
			t.Errorf("%s: %v, want refused", sql, err)
		}
	}
}

func TestOneOfManyReplacementsTakesANumber(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	first := r.put(vault.Incoming{})
	var kept atomic.Int32
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			_, err := r.Put(t.Context(), r.org.Owner, vault.Incoming{Replaces: first.Document, Name: "x.pdf", Content: strings.NewReader(pdf + fmt.Sprint(i))}, anyone, nil)
			if err == nil {
				kept.Add(1)
			} else if errs.KindOf(err) != errs.Conflict {
				t.Errorf("a late replacement: %v, want Conflict", err)
			}
		})
	}
	wg.Wait()
	list, err := r.List(t.Context(), r.org.Owner, anyone)
	if err != nil || len(list[0].Versions) != int(kept.Load())+1 {
		t.Errorf("%d versions of %d replacements that were kept, %v", len(list[0].Versions), kept.Load(), err)
	}
	r.super(`UPDATE vault_leftover SET due_at = now()`)
	if err := r.Sweep(t.Context()); err != nil || len(r.objects()) != int(kept.Load())+1 {
		t.Errorf("%d objects for %d versions after the sweep, %v", len(r.objects()), kept.Load()+1, err)
	}
}

func TestOneOfManyTakesTheLastPlaceForADocument(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.super(`INSERT INTO vault_document (id, organization_id, kind, title) SELECT gen_random_uuid(), $1, 'irb_approval', 'A paper' FROM generate_series(1, 499)`, r.org.ID)
	var all sync.WaitGroup
	failed := make([]error, 6)
	for i := range failed {
		all.Go(func() {
			_, failed[i] = r.Put(t.Context(), r.org.Owner, vault.Incoming{Kind: vault.IRBApproval, Content: strings.NewReader(pdf)}, anyone, nil)
		})
	}
	all.Wait()
	kept := 0
	for _, err := range failed {
		if err == nil {
			kept++
			continue
		}
		wantKind(t, "one document too many", err, errs.Invalid)
	}
	if kept != 1 {
		t.Errorf("%d documents were kept in one place", kept)
	}
}

func TestAFailedPutLeavesNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	sentinel := errors.New("the act failed")
	in := func() vault.Incoming {
		return vault.Incoming{Kind: vault.Other, Name: "a.pdf", Content: strings.NewReader(pdf)}
	}
	no := func(context.Context, pgx.Tx) error { return sentinel }
	if _, err := r.Put(t.Context(), r.org.Owner, in(), no, nil); !errors.Is(err, sentinel) || len(r.objects()) != 0 {
		t.Errorf("Put that may not: %v, %d objects", err, len(r.objects()))
	}
	_, err := r.Put(t.Context(), r.org.Owner, in(), anyone, func(context.Context, pgx.Tx, vault.Version) error { return sentinel })
	if !errors.Is(err, sentinel) {
		t.Errorf("Put whose act failed: %v", err)
	}
	if list, err := r.List(t.Context(), r.org.Owner, anyone); err != nil || len(list) != 0 {
		t.Errorf("%d documents, %v, want none", len(list), err)
	}
	if err := r.Sweep(t.Context()); err != nil || len(r.objects()) != 1 {
		t.Errorf("an object that may still be kept: %d objects, %v, want 1", len(r.objects()), err)
	}
	r.super(`UPDATE vault_leftover SET due_at = now()`)
	if err := r.Sweep(t.Context()); err != nil || len(r.objects()) != 0 {
		t.Errorf("after its hour: %d objects, %v, want 0", len(r.objects()), err)
	}
}

func TestReviewersReadWhatWasSubmittedAndItIsRecorded(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	first := r.put(vault.Incoming{})
	second := r.put(vault.Incoming{Replaces: first.Document, Content: strings.NewReader(pdf + "2")})
	look := func(a postgres.Actor, ref vault.Ref) error {
		_, _, err := r.Open(t.Context(), a, ref, reader)
		return err
	}
	wantKind(t, "a reviewer before submission", look(r.reviewer, first.Ref()), errs.NotFound)
	submit := func(a postgres.Actor) error {
		return r.db.InTx(t.Context(), a, func(tx pgx.Tx) error {
			return vault.Submit(t.Context(), tx, r.org.ID, []vault.Ref{first.Ref()})
		})
	}
	stranger := accounttest.Organization(t, r.db.DB).Owner
	for _, a := range []postgres.Actor{stranger, r.reviewer, {}} {
		if err := submit(a); errs.KindOf(err) != errs.Conflict && !postgres.IsRefused(err) {
			t.Errorf("submitting as %+v: %v, want a conflict or a refusal", a, err)
		}
		wantKind(t, "a reviewer after somebody else submitted", look(r.reviewer, first.Ref()), errs.NotFound)
	}
	if err := submit(r.org.Owner); err != nil {
		t.Fatal(err)
	}
	if err := look(r.reviewer, first.Ref()); err != nil {
		t.Errorf("a reviewer after submission: %v", err)
	}
	wantKind(t, "a reviewer and a version that was not submitted", look(r.reviewer, second.Ref()), errs.NotFound)
	for _, a := range []postgres.Actor{stranger, {}, {User: stranger.User}} {
		wantKind(t, "a stranger", look(a, first.Ref()), errs.NotFound)
	}
	err := r.db.InTx(t.Context(), r.org.Owner, func(tx pgx.Tx) error {
		acts, err := activity.Of(t.Context(), tx, "document", string(first.Document))
		opened := 0
		for _, act := range acts {
			if act.Verb == "document.open" && act.User == r.reviewer.User && act.Detail["number"] == "1" {
				opened++
			}
		}
		if opened != 1 {
			t.Errorf("%d acts tell that the reviewer read it, want 1: %+v", opened, acts)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.as(r.org.Owner, `UPDATE vault_version SET submitted_at = NULL`); !postgres.IsRefused(err) {
		t.Errorf("taking back what was submitted: %v, want refused", err)
	}
}

func TestWhatADecisionNamesStays(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	held, free := r.put(vault.Incoming{}), r.put(vault.Incoming{})
	refs := []vault.Ref{held.Ref()}
	hold := func(a postgres.Actor) error {
		return r.db.InTx(t.Context(), a, func(tx pgx.Tx) error {
			if a.Organization != "" {
				if err := vault.Submit(t.Context(), tx, r.org.ID, refs); err != nil {
					return err
				}
			}
			return vault.Hold(t.Context(), tx, r.org.ID, refs)
		})
	}
	if err := hold(r.org.Owner); !postgres.IsRefused(err) {
		t.Errorf("an owner holds its own document: %v, want refused", err)
	}
	wantKind(t, "holding what was never handed in", hold(r.reviewer), errs.Conflict)
	err := r.db.InTx(t.Context(), r.org.Owner, func(tx pgx.Tx) error {
		wantKind(t, "handing in a version that is not there", vault.Submit(t.Context(), tx, r.org.ID, []vault.Ref{{Document: held.Document, Number: 2}}), errs.Conflict)
		return vault.Submit(t.Context(), tx, r.org.ID, refs)
	})
	if err == nil {
		err = r.db.InTx(t.Context(), r.reviewer, func(tx pgx.Tx) error {
			more := []vault.Ref{held.Ref(), {Document: held.Document, Number: 2}}
			wantKind(t, "holding a version that is not there", vault.Hold(t.Context(), tx, r.org.ID, more), errs.Conflict)
			return nil
		})
	}
	if err == nil {
		err = hold(r.reviewer)
	}
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, "removing it", r.Remove(t.Context(), r.org.Owner, held.Document, anyone), errs.Conflict)
	if got, err := r.open(held.Ref()); err != nil || got != pdf {
		t.Errorf("the document after its removal was refused: %v", err)
	}
	stranger := accounttest.Organization(t, r.db.DB).Owner
	wantKind(t, "a stranger removes a document", r.Remove(t.Context(), stranger, free.Document, anyone), errs.NotFound)
	wantKind(t, "no document at all", r.Remove(t.Context(), r.org.Owner, "x", anyone), errs.NotFound)
	if err := r.Remove(t.Context(), r.org.Owner, free.Document, anyone); err != nil {
		t.Fatal(err)
	}
	if err := r.Sweep(t.Context()); err != nil || len(r.objects()) != 1 {
		t.Errorf("%d objects after the sweep, %v, want that of the document that stays", len(r.objects()), err)
	}
}

func TestStrangersSeeAndWriteNoRow(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	v := r.put(vault.Incoming{})
	stranger := accounttest.Organization(t, r.db.DB).Owner
	for _, a := range []postgres.Actor{stranger, {}, {User: stranger.User}, r.reviewer} {
		err := r.db.InTx(t.Context(), a, func(tx pgx.Tx) error {
			list, err := vault.List(t.Context(), tx, r.org.ID)
			if len(list) != 0 {
				t.Errorf("%d documents for %+v, want none", len(list), a)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range []string{`UPDATE vault_document SET title = 'x'`, `DELETE FROM vault_version`, `DELETE FROM vault_document`, `UPDATE vault_version SET submitted_at = now()`} {
			if n, err := r.as(a, sql); n != 0 {
				t.Errorf("%s as %+v: %d rows, %v", sql, a, n, err)
			}
		}
		_, err = r.as(a, `INSERT INTO vault_version (document_id, number, organization_id, name, media_type, size_bytes, sha256, blob_key, key_id, uploaded_by)
			VALUES ($1, 9, $2, 'x', 'image/png', 1, repeat('0', 64), 'x', '0123456789abcdef', $3)`, v.Document, r.org.ID, r.reviewer.User)
		if !postgres.IsRefused(err) {
			t.Errorf("a version written by %+v: %v, want refused", a, err)
		}
	}
	_, err := r.Put(t.Context(), stranger, vault.Incoming{Replaces: v.Document, Name: "x.pdf", Content: strings.NewReader(pdf + "2")}, anyone, nil)
	wantKind(t, "a stranger replaces a document", err, errs.NotFound)
}

func TestPutLooksAtTheContent(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	day := func(n int) *time.Time { d := r.now.UTC().Truncate(24*time.Hour).AddDate(0, 0, n); return &d }
	tests := []struct {
		name, content string
		from, until   *time.Time
		want          errs.Kind
		ok            bool
	}{
		{name: "a picture named as a PDF is a picture", content: picture.String(), ok: true},
		{name: "HTML named as a PDF is refused", content: "<!DOCTYPE html><script>alert(1)</script>", want: errs.Invalid},
		{name: "a program is refused", content: "MZ\x90\x00" + strings.Repeat("\x00", 200), want: errs.Invalid},
		{name: "SVG is refused", content: `<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`, want: errs.Invalid},
		{name: "nothing is refused", content: "", want: errs.Invalid},
		{name: "20 MiB are taken", content: pdf + strings.Repeat("%", vault.MaxBytes-len(pdf)), ok: true},
		{name: "20 MiB and a byte are too much", content: pdf + strings.Repeat("%", vault.MaxBytes-len(pdf)+1), want: errs.TooLarge},
		{name: "a document that ends today is taken", content: pdf, until: day(0), ok: true},
		{name: "one that ended yesterday is refused", content: pdf, until: day(-1), want: errs.Invalid},
		{name: "one that ends before it begins is refused", content: pdf, from: day(3), until: day(2), want: errs.Invalid},
	}
	for _, tt := range tests {
		v, err := r.Put(t.Context(), r.org.Owner, vault.Incoming{Kind: vault.Other, Name: "a.pdf", Content: strings.NewReader(tt.content), ValidFrom: tt.from, ExpiresOn: tt.until}, anyone, nil)
		if !tt.ok {
			wantKind(t, tt.name, err, tt.want)
		} else if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if body, err := r.open(v.Ref()); err != nil || body != tt.content {
			t.Errorf("%s: %d bytes came back, %v", tt.name, len(body), err)
		}
	}
	for _, name := range []string{"../../etc/passwd", `C:\Users\ada\a.pdf`, "a\r\nSet-Cookie: x.pdf", "\u202efdp.exe", strings.Repeat("long", 100) + ".pdf", "", ".", `a"b.pdf`} {
		v := r.put(vault.Incoming{Name: name})
		if strings.ContainsAny(v.Name+v.Title, "/\\\"\r\n\u202e") || v.Name == "" || len(v.Name) > 200 {
			t.Errorf("name kept for %q = %q", name, v.Name)
		}
	}
}

func TestEachWarningIsSentOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	day := func(n int) *time.Time { d := r.now.UTC().Truncate(24*time.Hour).AddDate(0, 0, n); return &d }
	late := r.put(vault.Incoming{ExpiresOn: day(200)})
	soon := r.put(vault.Incoming{ExpiresOn: day(20)})
	replaced := r.put(vault.Incoming{ExpiresOn: day(5)})
	r.put(vault.Incoming{Replaces: replaced.Document, Content: strings.NewReader(pdf + "2")})
	var told []string
	warn := func() {
		t.Helper()
		err := r.WarnExpiring(t.Context(), []int{60, 30, 7}, func(_ context.Context, _ pgx.Tx, v vault.Version, left int) error {
			told = append(told, fmt.Sprintf("%s in %d", map[id.Document]string{late.Document: "late", soon.Document: "soon"}[v.Document], left))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(when string, list ...string) {
		t.Helper()
		if fmt.Sprint(told) != fmt.Sprint(list) {
			t.Errorf("told %s: %v, want %v", when, told, list)
		}
		told = nil
	}
	warn()
	warn()
	want("today", "soon in 20")
	r.now = r.now.AddDate(0, 0, 14)
	warn()
	warn()
	want("in 14 days", "soon in 6")
	r.now = r.now.AddDate(0, 0, 127)
	warn()
	want("in 141 days", "late in 59")
	sentinel := errors.New("the letter failed")
	r.now = r.now.AddDate(0, 0, 30)
	err := r.WarnExpiring(t.Context(), []int{60, 30, 7}, func(context.Context, pgx.Tx, vault.Version, int) error { return sentinel })
	if !errors.Is(err, sentinel) {
		t.Errorf("WarnExpiring whose letter failed: %v", err)
	}
	warn()
	want("after the letter failed", "late in 29")
	if _, err := r.as(r.org.Owner, `UPDATE vault_version SET warned_days = 1`); !postgres.IsRefused(err) {
		t.Errorf("an owner silences a warning: %v, want refused", err)
	}
}
