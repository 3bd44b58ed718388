package web

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/activity"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
	"assay/web/page"
	"assay/web/ui"
)

const actsPath = "/organization/activity"

// actsAPage is how many acts a page shows.
const actsAPage = 50

// actsFilter narrows the acts; all of it stands in the address.
type actsFilter struct {
	verb, who, object, from, until string // as given
	activity.Filter
	after  activity.Cursor
	errors errs.Fields
}

// whoPlatform chooses the acts of the platform.
const whoPlatform = "platform"

func readActsFilter(q url.Values) *actsFilter {
	clip := func(name string) string { v := strings.TrimSpace(q.Get(name)); return v[:min(len(v), 200)] }
	f := &actsFilter{verb: clip("verb"), who: clip("who"), object: clip("object"), from: clip("from"), until: clip("until")}
	f.Verb, f.Platform = strings.ToValidUTF8(f.verb, ""), f.who == whoPlatform
	if user, ok := id.Parse[id.User](f.who); ok {
		f.User = user
	}
	if object, ok := id.Parse[string](f.object); ok || f.object == "" {
		f.ObjectID = object
	} else {
		f.errors.Add("object", "Enter the whole id, as it stands in the list.")
	}
	f.From = f.day("from", f.from)
	if f.Until = f.day("until", f.until); !f.Until.IsZero() {
		f.Until = f.Until.AddDate(0, 0, 1) // the day itself is meant too
	}
	if !f.From.IsZero() && !f.Until.IsZero() && !f.From.Before(f.Until) {
		f.errors.Add("until", "Choose a day that is not before the first.")
	}
	if at, behind, ok := strings.Cut(clip("after"), "_"); ok {
		micros, err := strconv.ParseInt(at, 10, 64)
		if last, valid := id.Parse[string](behind); valid && err == nil {
			f.after = activity.Cursor{At: time.UnixMicro(micros).UTC(), ID: last}
		}
	}
	return f
}

func (f *actsFilter) day(field, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		f.errors.Add(field, "Enter a day as year-month-day, like 2026-11-27.")
	}
	return day
}

// url is the address with the filter, behind a place unless it is zero.
func (f *actsFilter) url(path string, after activity.Cursor) string {
	q := url.Values{}
	for name, value := range map[string]string{"verb": f.verb, "who": f.who, "object": f.object, "from": f.from, "until": f.until} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if !after.IsZero() {
		q.Set("after", strconv.FormatInt(after.At.UnixMicro(), 10)+"_"+after.ID)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// showActs is the organization's own view of the record of acts.
func (s *Server) showActs(w http.ResponseWriter, r *http.Request) error {
	f := readActsFilter(r.URL.Query())
	v := s.visitor(r)
	view := page.ActivityView{Shell: s.shell(r, "What was done", "account"), Organization: v.OrganizationName,
		Object: f.object, From: f.from, Until: f.until, URL: actsPath,
		CSVURL: f.url(actsPath+".csv", activity.Cursor{}), LinesURL: f.url(actsPath+".jsonl", activity.Cursor{}),
		IsNarrowed: f.url("", activity.Cursor{}) != ""}
	view.Shell.NoIndex = true
	choices, err := s.Acts.Choices(r.Context(), s.actor(r))
	if err != nil {
		return err
	}
	var users []id.User
	for _, c := range choices {
		users = append(users, c.User)
	}
	names, err := s.actorNames(r, users)
	if err != nil {
		return err
	}
	view.Verbs, view.People = verbOptions(choices, f.verb), peopleOptions(choices, names, f.who)
	status := http.StatusOK
	if err := f.errors.Err(); err != nil {
		view.Errors, status = errs.FieldsOf(err), http.StatusUnprocessableEntity
		return s.render(w, r, status, page.Activity(view))
	}
	list, err := s.Acts.List(r.Context(), s.actor(r), f.Filter, f.after, actsAPage+1)
	if err != nil {
		return err
	}
	if len(list) > actsAPage {
		list = list[:actsAPage]
		view.Pager.NextURL = f.url(actsPath, list[actsAPage-1].Cursor())
	}
	if !f.after.IsZero() {
		view.Pager.FirstURL = f.url(actsPath, activity.Cursor{})
	}
	for _, a := range list {
		view.Rows = append(view.Rows, actRow(a, names))
	}
	return s.render(w, r, status, page.Activity(view))
}

// actorNames names who acted: members by their names, others by what they
// are.
func (s *Server) actorNames(r *http.Request, users []id.User) (map[id.User]string, error) {
	users = slices.DeleteFunc(users, func(u id.User) bool { return u == "" })
	return s.Accounts.Names(r.Context(), s.actor(r), users)
}

// who names who did an act. A reviewer of the platform stays unnamed; somebody
// who left or was erased has a pseudonym.
func who(user id.User, platform postgres.Platform, names map[id.User]string) string {
	switch name := names[user]; {
	case platform == postgres.Reviewer || platform == postgres.Admin:
		return "Assay, a " + map[postgres.Platform]string{postgres.Reviewer: "reviewer", postgres.Admin: "platform admin"}[platform]
	case user == "":
		return "Assay, by itself"
	case name != "":
		return name
	}
	return "Somebody who left (" + string(user[len(user)-6:]) + ")"
}

func verbOptions(choices []activity.Choice, chosen string) []ui.Option {
	var list []ui.Option
	for _, c := range choices {
		if n := len(list); n == 0 || list[n-1].Value != c.Verb {
			list = append(list, ui.Option{Value: c.Verb, Label: verbWords(c.Verb), Selected: c.Verb == chosen})
		}
	}
	return list
}

func peopleOptions(choices []activity.Choice, names map[id.User]string, chosen string) []ui.Option {
	seen := map[id.User]bool{}
	var list []ui.Option
	for _, c := range choices {
		if c.User != "" && c.Platform == postgres.None && !seen[c.User] {
			seen[c.User] = true
			list = append(list, ui.Option{Value: string(c.User), Label: who(c.User, c.Platform, names), Selected: string(c.User) == chosen})
		}
	}
	slices.SortFunc(list, func(a, b ui.Option) int { return cmp.Compare(a.Label, b.Label) })
	return append(list, ui.Option{Value: whoPlatform, Label: "Assay", Selected: chosen == whoPlatform})
}

// verbWords says "version.read_texts" as "Version: read texts".
func verbWords(verb string) string {
	object, act, _ := strings.Cut(strings.ReplaceAll(verb, "_", " "), ".")
	return strings.ToUpper(object[:1]) + object[1:] + ": " + act
}

func actRow(a activity.Recorded, names map[id.User]string) page.ActivityRow {
	row := page.ActivityRow{
		Number: ui.Number(a.Number), When: ui.DateTime(a.At), Who: who(a.User, a.Platform, names), What: verbWords(a.Verb),
		Object: strings.ReplaceAll(a.Object, "_", " "), ObjectID: a.ObjectID, Detail: detailWords(a.Detail),
	}
	switch a.Object {
	case "version":
		row.ObjectURL = versionURL(id.Version(a.ObjectID))
	case "listing":
		row.ObjectURL = listingURL(id.Listing(a.ObjectID), "check")
	}
	if !a.IsOld {
		row.ProofURL = fmt.Sprintf("%s/%d/proof.json", actsPath, a.Number)
	}
	return row
}

// detailWords lists what an act says of itself, in a fixed order.
func detailWords(detail map[string]string) string {
	var parts []string
	for name, value := range detail {
		if value != "" {
			parts = append(parts, strings.ReplaceAll(name, "_", " ")+": "+value)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// exportFilter is the filter of a download, which has no place for messages.
func exportFilter(r *http.Request) (activity.Filter, error) {
	f := readActsFilter(r.URL.Query())
	return f.Filter, f.errors.Err()
}

func (s *Server) sendActsTable(w http.ResponseWriter, r *http.Request) error {
	f, err := exportFilter(r)
	if err != nil {
		return err
	}
	names := map[id.User]string{}
	heads := []string{"number", "at", "who", "user", "platform", "verb", "object", "object_id", "detail", "row_hash"}
	return s.sendTable(w, r, "activity.csv", heads, func(row func(...string) error) error {
		return s.Acts.Each(r.Context(), s.actor(r), f, func(a activity.Recorded) error {
			if _, known := names[a.User]; !known {
				found, err := s.actorNames(r, []id.User{a.User})
				if err != nil {
					return err
				}
				names[a.User] = found[a.User]
			}
			return row(strconv.FormatInt(a.Number, 10), a.At.UTC().Format(time.RFC3339Nano), who(a.User, a.Platform, names), string(a.User),
				string(a.Platform), a.Verb, a.Object, a.ObjectID, detailWords(a.Detail), hex.EncodeToString(a.RowHash))
		})
	})
}

// sendActLines sends the acts as JSON Lines.
func (s *Server) sendActLines(w http.ResponseWriter, r *http.Request) error {
	f, err := exportFilter(r)
	if err != nil {
		return err
	}
	keepPrivate(w)
	attach(w, "application/jsonl; charset=utf-8", "activity.jsonl")
	return s.exported(r, s.Acts.Export(r.Context(), s.actor(r), f, w))
}

// sendProof sends the proof of one act of the organization.
func (s *Server) sendProof(w http.ResponseWriter, r *http.Request) error {
	number, err := strconv.ParseInt(chi.URLParam(r, "number"), 10, 64)
	if err != nil || number < 1 {
		return errs.New(errs.NotFound, "Your organization has no act of that number.")
	}
	p, err := s.Acts.Prove(r.Context(), s.actor(r), number)
	if err != nil {
		return err
	}
	file, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	keepPrivate(w)
	attach(w, "application/json", fmt.Sprintf("activity-%d.proof.json", number))
	s.write(w, r, append(file, '\n'))
	return nil
}
