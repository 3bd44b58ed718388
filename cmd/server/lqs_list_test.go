package main

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"assay/internal/freeaudit"
	"assay/internal/postgres"
)

var factsField = regexp.MustCompile(`name="lqs_facts" value="([^"]*)"`)

// The result of an audit without an account offers its figures to who may
// sell; the form passes the limit of forms, and a larger one is refused.
func TestTheResultOfAFreeAuditStartsADraft(t *testing.T) {
	t.Parallel()
	r := startServer(t)
	actor := r.join(t, "seller@example.org", "Flow Imaging", postgres.None)
	c := r.signedIn(t, "seller", 5, "seller@example.org", actor)
	table := "image,patient,split,nodule\n" + "secret-folder/a.png,P1,train,1\nsecret-folder/b.png,P2,test,0\n"
	token, err := r.free.Receive(t.Context(), strings.NewReader(table), "labels.csv")
	if err != nil {
		t.Fatal(err)
	}
	for {
		a, err := r.free.Find(t.Context(), token)
		if err != nil || a.State == freeaudit.Failed {
			t.Fatalf("state %s, %v", a.State, err)
		}
		if a.State == freeaudit.Done {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	field := factsField.FindStringSubmatch(c.get(t, "/lqs/r/"+token+"/").body)
	if field == nil {
		t.Fatal("the result offers no form")
	}
	facts := html.UnescapeString(field[1])
	if strings.Contains(facts, "secret-folder") {
		t.Errorf("the form holds a path: %s", facts)
	}
	for _, tt := range []struct {
		facts  string
		status int
	}{{facts, http.StatusSeeOther}, {strings.Repeat("x", 900_000), http.StatusUnprocessableEntity}, {strings.Repeat("x", 1<<20), http.StatusRequestEntityTooLarge}} {
		if got := c.post(t, "/seller/listings/from-quality", url.Values{"lqs_facts": {tt.facts}}); got.status != tt.status {
			t.Errorf("%d bytes of facts: status %d, want %d", len(tt.facts), got.status, tt.status)
		}
	}
	list, err := r.listings.List(t.Context(), actor)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d drafts, %v; want one", len(list), err)
	}
	if got := list[0].Revision.Claims.Splits.List; len(got) != 2 {
		t.Errorf("splits of the draft: %+v, want training and test", got)
	}
}
