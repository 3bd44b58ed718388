package ui_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"assay/internal/audit"
	"assay/web/ui"
)

func TestReportOfATableHoldsNoValueOfIt(t *testing.T) {
	values := []string{
		"Canarysson", "Canarina", "77441123", "canary.bird@example.org", "219-09-9999", "1943-12-17", "19431217", "94.37", "1943", "finchword",
	}
	table := "patient_id,name,mail,ssn,born,birthdate,age,Canarysson Canarina 1943-12-17,score,note,year\n"
	lines := "" // the same records, one a line
	for range 30 {
		table += "77441123,Canarysson^Canarina,canary.bird@example.org,219-09-9999,1943-12-17,19431217,94.37,x,0.5,finchword of the ward,1943\n"
		lines += `{"image":"a.png","label":"x","patient":"Canarysson^Canarina","mrn":77441123,"mail":"canary.bird@example.org","born":"1943-12-17","seen":1943,"Canarysson Canarina 1943-12-17":1}` + "\n"
	}
	report, err := audit.Run(t.Context(), fstest.MapFS{
		"people.csv": {Data: []byte(table)}, "labels.jsonl": {Data: []byte(lines)},
	}, audit.Options{Scoring: &audit.Scoring{}})
	if err != nil {
		t.Fatal(err)
	}
	q := report.Quality
	if len(q.Metrics.Tables) != 2 || len(q.Metrics.Tables[0].Columns)+len(q.Metrics.Tables[1].Columns) != 19 {
		t.Fatalf("tables %+v, want 2 with 19 columns", q.Metrics.Tables)
	}
	text, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	html := drawQuality(t, ui.QualityProps{Report: q})
	var csv bytes.Buffer
	if err := q.WriteFindingsCSV(&csv); err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		for where, text := range map[string]string{"JSON": string(text), "CSV": csv.String(), "page": html} {
			if strings.Contains(text, v) {
				t.Errorf("the %s holds the value %q", where, v)
			}
		}
	}
}
