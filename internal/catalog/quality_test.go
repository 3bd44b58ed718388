package catalog_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/account/accounttest"
	"assay/internal/audit/quality"
	"assay/internal/catalog"
	"assay/internal/errs"
	"assay/internal/listing"
	"assay/internal/listing/listingtest"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

// fullReport is a report with something in each of its fields: a text that
// names its own place in the report, 3 for a number, two of each list.
func fullReport() quality.Report {
	var r quality.Report
	fill(reflect.ValueOf(&r).Elem(), "$")
	r.Schema, r.Score.Grade = quality.Schema, "B"
	for i := range r.Classes {
		r.Classes[i].Masked = i == 1
	}
	return r
}

func fill(v reflect.Value, at string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("canary " + at)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Uint64:
		v.SetUint(3)
	case reflect.Float64:
		v.SetFloat(3)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), at)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), at+fmt.Sprintf("[%d]", i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, at+".*")
		v.SetMapIndex(reflect.ValueOf("canary "+at+".key"), value)
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			fill(v.Field(i), at+"."+name)
		}
	default:
		panic("no value for " + at)
	}
}

// told are the places of fullReport whose text is found in JSON.
func told(text string) []string {
	var list []string
	for _, part := range strings.Split(text, "canary ")[1:] {
		place := part[:strings.IndexFunc(part, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789_.*[]$", r) })]
		place = strings.NewReplacer("[0]", "[]", "[1]", "[]").Replace(place)
		if !slices.Contains(list, place) {
			list = append(list, place)
		}
	}
	slices.Sort(list)
	return list
}

// scoreVersion stores r as the LQS of a version that was audited.
func scoreVersion(t *testing.T, db *postgres.DB, owner postgres.Actor, v listing.Version, r quality.Report) {
	t.Helper()
	d, err := listingtest.Service(db).Version(t.Context(), owner, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	err = db.InTx(t.Context(), listingtest.Worker, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO quality_report (report_id, version_id, organization_id, body) VALUES ($1, $2, $3, $4)`,
			d.Report.ID, v.ID, owner.Organization, body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// publicTexts are the texts of a report that everybody may read: words of the
// engine, names of classes, splits, formats and values of devices, which the
// listing's audit shows too. A field that is new to the report is public only
// once it stands here.
var publicTexts = []string{
	"$.classes[].name", "$.classes[].splits.key",
	"$.findings[].code", "$.findings[].fix", "$.findings[].level", "$.findings[].message", "$.findings[].pillar", "$.findings[].severity",
	"$.fixes[].code", "$.fixes[].fix", "$.fixes[].message",
	"$.gates.phi.message", "$.gates.phi.state",
	"$.input.formats[].also[]", "$.input.formats[].name", "$.input.manifest_sha256", "$.input.patients_from",
	"$.losses[].code", "$.losses[].fix", "$.losses[].message",
	"$.metrics.agreement[].class", "$.metrics.agreement[].measure", "$.metrics.agreement[].note",
	"$.metrics.co_occurrence.classes[]", "$.metrics.completeness.kinds.key", "$.metrics.demographics.of", "$.metrics.demographics.tables[].bins[].label", "$.metrics.demographics.tables[].name",
	"$.metrics.distribution.zero_classes[]", "$.metrics.drift[].a", "$.metrics.drift[].b", "$.metrics.drift[].band", "$.metrics.drift[].p_method",
	"$.metrics.images.bits_used[].label", "$.metrics.images.height[].label", "$.metrics.images.label_size[].label",
	"$.metrics.images.spacing_mm[].label", "$.metrics.images.thickness_mm[].label", "$.metrics.images.width[].label",
	"$.metrics.leakage.pairs[].a", "$.metrics.leakage.pairs[].b", "$.metrics.leakage.patients_from", "$.metrics.leakage.sets[].splits[]",
	"$.metrics.provenance.labels.key", "$.metrics.splits[].split",
	"$.not_measured[].what", "$.not_measured[].why",
	"$.passed[].code",
	"$.pillars[].id", "$.pillars[].name", "$.pillars[].why",
	"$.score.hard_fails[].code", "$.score.hard_fails[].title", "$.score.reason",
	"$.tool.name", "$.tool.rules_sha256", "$.tool.score", "$.tool.version",
}

// What a version's LQS says of a file or a place stays with its seller: not in
// the public part, not in the public row, for each version that was ever live.
func TestPublicLQSHoldsFiguresAndNoPlace(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx := t.Context()
	org, reviewer := accounttest.Seller(t, db), accounttest.Reviewer(t, db)
	s, store := listing.New(db, catalog.Publisher{}, time.Now), catalog.NewStore(db)
	d := listingtest.Complete(t, db, org.Owner)
	publish := func(r *quality.Report) listing.Version {
		t.Helper()
		v := passWith(t, db, org.Owner, d, measuredReport())
		if r != nil {
			scoreVersion(t, db, org.Owner, v, *r)
		}
		if _, err := s.Submit(ctx, org.Owner, v.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Version(ctx, org.Owner, v.ID); err == nil && got.Version.State == listing.InReview {
			listingtest.Rule(t, db, reviewer, v.ID, listing.Approves)
		}
		if err := s.Publish(ctx, org.Owner, v.ID); err != nil {
			t.Fatal(err)
		}
		return v
	}
	entry := func() catalog.Entry {
		t.Helper()
		e, err := store.Get(ctx, d.Listing.Slug)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}

	publish(nil)
	if e := entry(); e.Detail.Quality != nil {
		t.Errorf("a version without an LQS shows %+v", e.Detail.Quality)
	}
	if _, _, err := store.Quality(ctx, entry(), 0); errs.KindOf(err) != errs.NotFound {
		t.Errorf("the LQS of a version that has none: %v, want not found", err)
	}

	full := fullReport()
	publish(&full)
	better := fullReport()
	better.Score.Grade, better.Score.Value = "A", 97
	third := publish(&better)
	for number, want := range map[int]struct {
		version int
		grade   string
	}{0: {3, "A"}, 2: {2, "B"}, 3: {3, "A"}} {
		r, version, err := store.Quality(ctx, entry(), number)
		if err != nil {
			t.Fatalf("version %d: %v", number, err)
		}
		if version != want.version || r.Score.Grade != want.grade {
			t.Errorf("asked for version %d: version %d with grade %s, want %d with %s", number, version, r.Score.Grade, want.version, want.grade)
		}
		if len(r.Findings) != 2 || r.Findings[0].Affected != 3 || r.Metrics.Duplicates.Exact != 3 {
			t.Errorf("version %d lost its figures: %+v", number, r.Findings)
		}
	}
	if _, _, err := store.Quality(ctx, entry(), 1); errs.KindOf(err) != errs.NotFound {
		t.Errorf("version 1, which has none: %v, want not found", err)
	}

	var rows []string
	err := db.InTx(ctx, postgres.Actor{}, func(tx pgx.Tx) error {
		found, err := tx.Query(ctx, `SELECT body::text FROM catalog_quality UNION ALL SELECT c::text FROM catalog_listing c`)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, pgx.RowTo[string])
		return err
	})
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v; want two of versions and one of the data set", len(rows), err)
	}
	for _, row := range rows[:2] {
		if diff := cmp.Diff(publicTexts, told(row)); diff != "" {
			t.Errorf("texts of the public part (-may be +are):\n%s", diff)
		}
	}
	if got := told(rows[2]); !slices.Equal(got, []string{"$.classes[].name", "$.tool.score"}) {
		t.Errorf("the public row tells %q", got)
	}

	if err := s.Withdraw(ctx, org.Owner, third.ID, "The hospital ended the contract."); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Quality(ctx, entry(), 0); errs.KindOf(err) != errs.NotFound {
		t.Errorf("the LQS of a withdrawn data set: %v, want not found", err)
	}
}

// A search names classes as people do, whatever a file writes; a name that was
// masked is none.
func TestClassesOfAnLQSAreSearchedByPlainNames(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	ctx := t.Context()
	org := accounttest.Seller(t, db)
	d := listingtest.Complete(t, db, org.Owner)
	v := passWith(t, db, org.Owner, d, measuredReport())
	r := quality.Report{Schema: quality.Schema}
	r.Classes = append(r.Classes, []quality.Class{
		{Name: "Pleural_Effusion", Labels: 4}, {Name: "pleural  effusion", Labels: 1}, {Name: "Nodule", Labels: 2}, {Name: "Mass"},
		{Name: "AAAAAA AAAAA", Masked: true, Labels: 7}, {Name: "two\u202elines", Labels: 1}, {Name: strings.Repeat("x", 61), Labels: 1},
	}...)
	for i := range 80 {
		r.Classes = append(r.Classes, quality.Class{Name: fmt.Sprintf("Rib %02d", i), Labels: 1})
	}
	scoreVersion(t, db, org.Owner, v, r)
	dossier, err := listingtest.Service(db).Version(ctx, org.Owner, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	var e catalog.Entry
	err = db.InTx(ctx, org.Owner, func(tx pgx.Tx) (err error) {
		e, err = catalog.Preview(ctx, tx, listing.Published{Listing: dossier.Listing, Version: dossier.Version, Claims: dossier.Claims, Report: *dossier.Report})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := e.Detail.Quality.Classes
	if len(got) != 60 || !slices.Contains(got, "rib 57") || slices.Contains(got, "rib 58") {
		t.Errorf("%d classes, %q at the end; want the first 60", len(got), got[len(got)-1])
	}
	if diff := cmp.Diff([]string{"nodule", "pleural effusion", "rib 00"}, got[:3]); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
}
