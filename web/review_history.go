package web

import (
	"context"
	"fmt"
	"slices"
	"time"

	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/postgres"
	"assay/internal/review"
	"assay/web/ui"
)

// dated is an event with its moment, to be sorted.
type dated struct {
	at time.Time
	ui.Event
}

// deskHistory tells all that happened to a version and to what waits for it,
// who did it and when, the newest first: moves, decisions, who had it.
func (s *Server) deskHistory(ctx context.Context, a postgres.Actor, it review.Item) ([]ui.Event, error) {
	d := it.Dossier
	var ids []id.User
	for _, m := range d.History {
		ids = append(ids, m.User)
	}
	for _, x := range d.Decisions {
		ids = append(ids, x.Reviewer)
	}
	names, err := s.Reviews.Names(ctx, a, ids)
	if err != nil {
		return nil, err
	}
	var list []dated
	for _, m := range d.History {
		list = append(list, moveEvent(m, names))
	}
	for _, x := range d.Decisions {
		list = append(list, decisionEvent(x, names))
	}
	for _, x := range it.Assigned {
		list = append(list, assignmentEvents(x)...)
	}
	slices.SortStableFunc(list, func(x, y dated) int { return y.at.Compare(x.at) })
	events := make([]ui.Event, len(list))
	for i, x := range list {
		x.When = ui.DateTime(x.at)
		events[i] = x.Event
	}
	return events, nil
}

func moveEvent(m listing.Moved, names map[id.User]string) dated {
	kind, word, _ := ui.VersionStateWords(string(m.To))
	who := names[m.User]
	switch {
	case m.Platform == string(postgres.Worker):
		who = "Assay"
	case m.Platform != "":
		who += ", reviewer"
	case who == "":
		who = "the seller"
	}
	return dated{m.At, ui.Event{Who: who, Text: word, Note: m.Reason, Kind: kind}}
}

func decisionEvent(x listing.Decision, names map[id.User]string) dated {
	e := ui.Event{Who: names[x.Reviewer], Note: x.Reason, Kind: "ok", Text: "Decision: approved"}
	switch x.Outcome {
	case listing.AsksForChanges:
		e.Text, e.Kind = "Decision: changes asked for", "warn"
	case listing.Rejects:
		e.Text, e.Kind = "Decision: rejected", "bad"
	}
	switch x.Kind {
	case "automatic":
		e.Who = "at once: passed, verified and known seller"
	case "carried":
		e.Who = "carried over: nothing that needs a reviewer changed"
	}
	return dated{x.CreatedAt, e}
}

func assignmentEvents(x review.Assignment) []dated {
	text := x.Name + " took it"
	if x.Name != x.AssignedBy {
		text = fmt.Sprintf("Given to %s", x.Name)
	}
	list := []dated{{x.AssignedAt, ui.Event{Who: x.AssignedBy, Text: text}}}
	if x.EndedAt != nil && x.EndedHow == "released" {
		list = append(list, dated{*x.EndedAt, ui.Event{Who: x.Name, Text: "Released"}})
	}
	return list
}
