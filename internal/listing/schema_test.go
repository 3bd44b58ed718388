package listing_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/postgres/postgrestest"
)

func TestDatabaseHoldsTheSameTransitionsAsTheCode(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	type row struct{ From, Event, To, By string }
	var got []row
	err := db.InTx(t.Context(), postgres.Actor{}, func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT from_state, event, to_state, array_to_string(by_party, ',') FROM version_transition`)
		if err != nil {
			return err
		}
		got, err = pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var want []row
	for _, tr := range listing.Transitions() {
		parties := make([]string, len(tr.By))
		for i, p := range tr.By {
			parties[i] = string(p)
		}
		want = append(want, row{string(tr.From), string(tr.Event), string(tr.To), strings.Join(parties, ",")})
	}
	byName := func(a, b row) int { return strings.Compare(a.From+a.Event, b.From+b.Event) }
	slices.SortFunc(got, byName)
	slices.SortFunc(want, byName)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("version_transition and lifecycle.go disagree (-code +database):\n%s", diff)
	}
}
