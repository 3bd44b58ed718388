package activity_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/internal/activity"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func TestAnOrganizationReadsItsOwnActsPageByPage(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(t, db)
	owners := recordMany(t, db, 60)
	mine := owners[0]
	for _, o := range owners {
		if mine == "" {
			mine = o
		}
	}
	a := postgres.Actor{Organization: mine}
	var want, got []int64 // numbers, the newest first
	for i := len(owners) - 1; i >= 0; i-- {
		if owners[i] == mine {
			want = append(want, int64(i+1))
		}
	}
	for after := (activity.Cursor{}); ; {
		list, err := s.List(t.Context(), a, activity.Filter{}, after, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			got = append(got, r.Number)
			after = r.Cursor()
		}
		if len(list) < 7 {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	var out bytes.Buffer
	if err := s.Export(t.Context(), a, activity.Filter{}, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != len(want) {
		t.Errorf("%d lines exported, want %d", len(lines), len(want))
	}
	for i, line := range lines {
		var row struct {
			Number       int64
			Organization id.Organization
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil || row.Number != want[i] || row.Organization != mine {
			t.Errorf("line %d is row %d of %s (%v), want row %d", i, row.Number, row.Organization, err, want[i])
		}
	}
}

func TestFiltersNarrowTheActs(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	s := newService(t, db)
	buyer := id.New[id.Organization]()
	grant := granted(t, db, buyer)
	record(t, db, buyer, "v")
	a := postgres.Actor{Organization: buyer}
	all, err := s.List(t.Context(), a, activity.Filter{}, activity.Cursor{}, 10)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d acts, %v", len(all), err)
	}
	for _, tt := range []struct {
		name   string
		filter activity.Filter
		want   int
	}{
		{"by verb", activity.Filter{Verb: "grant.make"}, 1},
		{"by another verb", activity.Filter{Verb: "grant.revoke"}, 0},
		{"by person", activity.Filter{User: all[0].User}, 1},
		{"by object", activity.Filter{ObjectID: grant}, 1},
		{"of the platform", activity.Filter{Platform: true}, 0},
		{"from a moment on", activity.Filter{From: all[0].At}, 1},
		{"until a moment", activity.Filter{Until: all[0].At}, 1},
		{"of tomorrow", activity.Filter{From: time.Now().Add(24 * time.Hour)}, 0},
	} {
		list, err := s.List(t.Context(), a, tt.filter, activity.Cursor{}, 10)
		if err != nil || len(list) != tt.want {
			t.Errorf("%s: %d acts, %v, want %d", tt.name, len(list), err, tt.want)
		}
	}
	if list, err := s.Choices(t.Context(), a); err != nil || len(list) != 2 || list[0].Verb != "grant.make" {
		t.Errorf("Choices = %+v, %v", list, err)
	}
	if list, err := s.Choices(t.Context(), postgres.Actor{Organization: id.New[id.Organization]()}); err != nil || len(list) != 0 {
		t.Errorf("Choices of a stranger = %+v, %v", list, err)
	}
}
