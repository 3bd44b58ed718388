package annotation

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReaderOfLabelStudioWhoFoundNothingIsKept(t *testing.T) {
	const result = `{"from_name":"label","to_name":"image","type":"rectanglelabels","original_width":100,"original_height":50,"value":{"x":1,"y":2,"width":3,"height":4,"rectanglelabels":["mass"]}}`
	set := labelSet{map[string]string{"export.json": `[{"id":1,"data":{"image":"1.png"},"annotations":[` +
		`{"id":1,"completed_by":7,"result":[` + result + `]},{"id":2,"completed_by":8,"result":[]},{"id":3,"completed_by":9,"was_cancelled":true,"result":[]}]}]`}, one("1.png")}.join(t)
	if len(set.Labels) != 1 || len(set.Blanks) != 1 || set.Labels[0].Item != set.Blanks[0].Image || set.Labels[0].Reader == set.Blanks[0].Reader {
		t.Errorf("labels %+v and readings that found nothing %+v, want one of each, of one image and two readers", set.Labels, set.Blanks)
	}
	want := []string{"F-153 export.json /0/annotations/2/was_cancelled"}
	if got := faults(&set.Book); !slices.Equal(want, got) {
		t.Errorf("Join (-want +got):\n%s", cmp.Diff(want, got))
	}
}
