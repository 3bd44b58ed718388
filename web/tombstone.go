package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"assay/internal/catalog"
	"assay/internal/listing"
	"assay/web/page"
	"assay/web/ui"
)

// tombstoneOf says who took a data set off the catalog, why and since when.
func tombstoneOf(e catalog.Entry) *page.Tombstone {
	t := &page.Tombstone{Title: "Suspended by the platform", Reason: e.StateReason, When: "Since " + ui.Date(e.UpdatedAt)}
	switch {
	case e.State == catalog.Withdrawn && e.Kind == catalog.External:
		t.Title = "Withdrawn by the platform"
	case e.State == catalog.Withdrawn:
		t.Title = "Withdrawn by the seller"
	}
	return t
}

// buried are the versions of a data set that is not on offer, as they are now:
// the one that was on offer last is what was suspended or withdrawn.
func buried(e catalog.Entry) []catalog.Version {
	list := slices.Clone(e.Detail.Versions)
	for i := range list {
		if list[i].State == string(listing.Live) {
			list[i].State = string(e.State)
		}
	}
	return list
}

// taken says why what was measured of a version is not public any more, nil if
// it is.
func taken(e catalog.Entry, number int) *page.Tombstone {
	if e.State != catalog.Live {
		return tombstoneOf(e)
	}
	for _, v := range e.Detail.Versions {
		if v.Number == number && (v.State == string(listing.Suspended) || v.State == string(listing.Withdrawn)) {
			return &page.Tombstone{Title: listing.States.Label(listing.State(v.State)), When: "On offer from " + dayInWords(v.On),
				Reason: fmt.Sprintf("Version %d is not on offer any more. A newer version is.", number)}
		}
	}
	return nil
}

// tombstoneStatus is 410 for what its seller withdrew for good.
func tombstoneStatus(e catalog.Entry) int {
	if e.State == catalog.Suspended {
		return http.StatusOK // it may come back
	}
	return http.StatusGone
}

// sendTombstone answers programs that ask for what was taken down: always with
// 410, so that none takes the answer for the report it asked for.
func sendTombstone(w http.ResponseWriter, e catalog.Entry, t *page.Tombstone) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusGone)
	return json.NewEncoder(w).Encode(map[string]string{"state": string(e.State), "title": t.Title, "reason": t.Reason})
}
