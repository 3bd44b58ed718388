package audit

import (
	"encoding/binary"
	"testing"
)

func TestFacesAreJudgedForABoundedNumberOfSeries(t *testing.T) {
	var f faces
	i := Instance{Modality: "CT", Frames: 1}
	for n := range uint64(maxFaceSeries + 3) {
		binary.LittleEndian.PutUint64(i.Series[:], n+1)
		f.add(int(n), &Facts{Instance: &i})
	}
	if len(f.series) != maxFaceSeries || f.dropped != 3 {
		t.Errorf("%d series kept and %d images dropped, want %d and 3", len(f.series), f.dropped, maxFaceSeries)
	}
	binary.LittleEndian.PutUint64(i.Series[:], 1)
	f.add(0, &Facts{Instance: &i})
	if f.dropped != 3 {
		t.Error("an image of a known series was dropped")
	}
}
