package activity_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// granted records that a buyer was granted access, between acts of others.
func granted(t *testing.T, db *postgres.DB, buyer id.Organization) (grant string) {
	t.Helper()
	recordMany(t, db, 3)
	grant = id.New[string]()
	a := postgres.Actor{User: id.New[id.User](), Organization: buyer}
	err := db.InTx(t.Context(), a, func(tx pgx.Tx) error {
		return activity.Record(t.Context(), tx, activity.Entry{Actor: a, Organization: buyer, Verb: "grant.make", Object: "grant", ObjectID: grant,
			Detail: map[string]string{"agreement": strings.Repeat("ab", 32)}})
	})
	if err != nil {
		t.Fatal(err)
	}
	recordMany(t, db, 4)
	return grant
}

// TestABuyerProvesWhenItsGrantWasMade is the way of a proof: made for the
// buyer, checked by somebody who has the file and the public head alone.
func TestABuyerProvesWhenItsGrantWasMade(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(t, db)
	buyer := id.New[id.Organization]()
	before := time.Now().Add(-time.Second)
	grant := granted(t, db, buyer)
	a := postgres.Actor{Organization: buyer}

	acts, err := s.List(t.Context(), a, activity.Filter{Verb: "grant.make"}, activity.Cursor{}, 10)
	if err != nil || len(acts) != 1 || acts[0].ObjectID != grant {
		t.Fatalf("acts of the buyer: %+v, %v", acts, err)
	}
	if _, err := s.Prove(t.Context(), a, acts[0].Number); errs.KindOf(err) != errs.Conflict {
		t.Errorf("Prove before a head is published = %v, want Conflict", err)
	}
	publish(t, s)
	recordMany(t, db, 2)
	publish(t, s)
	p, err := s.Prove(t.Context(), a, acts[0].Number)
	if err != nil {
		t.Fatal(err)
	}
	if p.Head.Number != 8 || len(p.Following) != 4 {
		t.Errorf("the proof leads over %d rows to head %d, want 4 and 8", len(p.Following), p.Head.Number)
	}

	file, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if other := string(file); strings.Count(other, "organization") != 1 {
		t.Errorf("the proof tells of other rows: %s", other)
	}
	headFile, err := s.HeadFile(t.Context(), p.Head.Number)
	if err != nil {
		t.Fatal(err)
	}
	head, err := activity.ReadHead(headFile)
	if err != nil {
		t.Fatal(err)
	}
	read, err := activity.ReadProof(file)
	if err != nil {
		t.Fatal(err)
	}
	act, err := read.Check(head.Head)
	if err != nil {
		t.Fatal(err)
	}
	if act.Verb != "grant.make" || act.ObjectID != grant || *act.Organization != string(buyer) || act.Detail["agreement"] != strings.Repeat("ab", 32) {
		t.Errorf("the act proved is %+v", act)
	}
	if act.At.Before(before) || act.At.After(time.Now().Add(time.Second)) {
		t.Errorf("the act is dated %v", act.At)
	}
}

func TestForgedProofsAreRefused(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(t, db)
	buyer := id.New[id.Organization]()
	granted(t, db, buyer)
	publish(t, s)
	good, err := s.Prove(t.Context(), postgres.Actor{Organization: buyer}, 4)
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.HeadFile(t.Context(), good.Head.Number)
	if err != nil {
		t.Fatal(err)
	}
	head, err := activity.ReadHead(file)
	if err != nil {
		t.Fatal(err)
	}
	granted(t, db, buyer)
	publish(t, s)
	later, err := s.Prove(t.Context(), postgres.Actor{Organization: buyer}, 12)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*activity.Proof)
		want   error
	}{
		{"unchanged", func(*activity.Proof) {}, nil},
		{"an earlier day", func(p *activity.Proof) { p.Text = strings.Replace(p.Text, `"at": "20`, `"at": "19`, 1) }, activity.ErrProofText},
		{"another row hash", func(p *activity.Proof) { p.RowHash = later.RowHash }, activity.ErrProofText},
		{"another row", func(p *activity.Proof) { p.Text, p.RowHash = later.Text, later.RowHash }, activity.ErrProofChain},
		{"another place", func(p *activity.Proof) { p.Number++ }, activity.ErrProofChain},
		{"a row left out", func(p *activity.Proof) { p.Following = p.Following[1:]; p.Number++ }, activity.ErrProofChain},
		{"rows exchanged", func(p *activity.Proof) {
			p.Following = append([]string{p.Following[1], p.Following[0]}, p.Following[2:]...)
		}, activity.ErrProofChain},
		{"another link before", func(p *activity.Proof) { p.PreviousHash = later.PreviousHash }, activity.ErrProofChain},
		{"a head of one's own", func(p *activity.Proof) { *p = later }, activity.ErrProofHead},
		{"another issuer", func(p *activity.Proof) { p.Issuer = "https://other.example" }, activity.ErrProofHead},
	} {
		p := good
		tt.change(&p)
		if _, err := p.Check(head.Head); !errors.Is(err, tt.want) {
			t.Errorf("%s: Check = %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestNobodyProvesTheActsOfOthers(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(t, db)
	buyer := id.New[id.Organization]()
	granted(t, db, buyer)
	publish(t, s)
	for _, tt := range []struct {
		name   string
		actor  postgres.Actor
		number int64
	}{
		{"a stranger's organization", postgres.Actor{Organization: id.New[id.Organization]()}, 4},
		{"no organization", postgres.Actor{}, 4},
		{"a reviewer of the platform", postgres.Actor{Platform: postgres.Reviewer, Organization: id.New[id.Organization]()}, 4},
		{"a row that is not there", postgres.Actor{Organization: buyer}, 400},
		{"the row before", postgres.Actor{Organization: buyer}, 3},
	} {
		if _, err := s.Prove(t.Context(), tt.actor, tt.number); errs.KindOf(err) != errs.NotFound {
			t.Errorf("Prove for %s = %v, want NotFound", tt.name, err)
		}
	}
}

func FuzzProof(f *testing.F) {
	f.Add([]byte(`{"schema":"assay-activity-proof/1","issuer":"x","number":1,"text":"{}","row_hash":"","previous_hash":"","following":[],"head":{"number":1,"hash":"","at":"2026-01-01T00:00:00Z"}}`))
	f.Add([]byte(`{"payload":"e30=","key_id":"","signature":""}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		if p, err := activity.ReadProof(file); err == nil {
			p.Check(activity.Head{Number: p.Head.Number, Hash: p.Head.Hash, Issuer: p.Issuer})
		}
		if h, err := activity.ReadHead(file); err == nil && int64(len(h.Rows)) != h.Number-h.From+1 {
			t.Error("a head with other rows than it says")
		}
	})
}
