package web_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"assay/internal/notice"
	"assay/internal/postgres"
	"assay/web/webtest"
)

// told counts the events of a kind that people are told of.
func (s site) told(t *testing.T, kind notice.Kind) (n int) {
	t.Helper()
	err := s.DB.InTx(t.Context(), postgres.Actor{Platform: postgres.Worker}, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM notice_event WHERE kind = $1`, string(kind)).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Somebody without an account and without scripts reports identifiers; the
// pictures are hidden at once, the reviewers are called, and one of them shows
// the pictures again and answers.
func TestPublicFlagHidesSamplesInABrowser(t *testing.T) {
	s, _, _, slug := reportSite(t)
	b := webtest.Start(t)
	visitor := b.Visitor(t, s.URL, webtest.NoScript)
	visitor.Go("/datasets/" + slug)
	visitor.Follow("[data-testid=report-link]")
	visitor.WantText("h1", "Report a problem")
	visitor.Submit("#report")
	visitor.WantText("[data-testid=error-summary]", "Choose what is wrong.")
	visitor.Choose("reason", "phi_suspected")
	visitor.Set("place", "Series 3, image 12, lower left corner")
	visitor.Set("body", "A name can be read in the picture.")
	visitor.Fill("email", "reader@example.org")
	visitor.Submit("#report")
	visitor.WantText("h1", "Your report")
	receipt := visitor.Path()
	if s.told(t, notice.IdentifiersFlagged) != 1 {
		t.Error("the reviewers were not paged")
	}

	looker := b.Visitor(t, s.URL)
	looker.Go("/report/" + slug)
	looker.CheckViews("report-form")
	looker.Submit("#report")
	looker.CheckViews("report-mistakes")
	looker.Go(receipt)
	looker.CheckViews("report-receipt")
	looker.Go("/datasets/" + slug)
	looker.WantText("[data-testid=samples-hidden]", "No picture of this data set is shown until a reviewer has looked.")
	looker.CheckViews("listing-hidden")

	rita := b.Visitor(t, s.URL)
	s.signInPage(t, rita, "rita@example.org")
	rita.Go("/review/flags")
	rita.CheckViews("flag-queue")
	rita.Follow("[data-testid=flags] th a")
	rita.WantText("[data-testid=told]", "A name can be read in the picture.")
	rita.CheckViews("flag-open")
	rita.Submit("#decide form")
	rita.CheckViews("flag-taken")
	rita.Submit("#decision")
	rita.WantText("[data-testid=error-summary]", "Choose what you found.")
	rita.Set("samples-reason", "It is the name of the scanner, no person.")
	rita.Submit("form[action$='/samples']")
	rita.Choose("outcome", "dismissed")
	rita.Set("reason", "It is the name of the scanner.")
	rita.Set("answer", "Thank you. What you saw is the name of the scanner.")
	rita.Submit("#decision")
	rita.WantText(".head", "Dismissed")
	rita.CheckViews("flag-decided")

	visitor.Go(receipt)
	visitor.WantText("[data-testid=receipt-answer]", "What you saw is the name of the scanner.")
	looker.Go(receipt)
	looker.CheckViews("report-answered")
	looker.Go("/datasets/" + slug)
	if looker.Count("[data-testid=samples-hidden]") != 0 {
		t.Error("the pictures are hidden after a reviewer has shown them again")
	}
	if s.told(t, notice.FlagAnswered) != 1 || s.told(t, notice.FlagReceived) != 1 {
		t.Error("the reporter was not told")
	}
}

// A data set is taken down, its pages become tombstones, the seller is told,
// appeals, and another reviewer puts it back.
func TestTakedownAndAppealInABrowser(t *testing.T) {
	s, owner, v, slug := reportSite(t)
	b := webtest.Start(t)
	visitor := b.Visitor(t, s.URL, webtest.NoScript)
	visitor.Go("/report/" + slug)
	visitor.Choose("reason", "rights_not_held")
	visitor.Set("body", "The hospital never agreed to this.")
	visitor.Submit("#report")

	rita := b.Visitor(t, s.URL, webtest.NoScript)
	s.signInPage(t, rita, "rita@example.org")
	rita.Go("/review/flags")
	rita.Follow("[data-testid=flags] th a")
	rita.Submit("#decide form")
	rita.Click("#decide details summary")
	rita.Set("question", "May we see the contract with the hospital?")
	rita.Submit("form[action$='/ask']")
	item := rita.Path()

	ada := b.Visitor(t, s.URL)
	s.signInPage(t, ada, "seller@example.org")
	ada.Go("/seller/standing")
	ada.CheckViews("standing-asked")
	ada.Follow("[data-testid=flags] td a")
	ada.WantText("[data-testid=question]", "May we see the contract with the hospital?")
	if strings.Contains(ada.Text("main"), "never agreed") {
		t.Error("the seller reads what the reporter wrote")
	}
	ada.CheckViews("own-flag-asked")
	ada.Set("reply", "It is with our lawyers and follows next week.")
	ada.Submit("#reply")

	rita.Go(item)
	rita.WantText("[data-testid=asked]", "It is with our lawyers")
	rita.Choose("outcome", "upheld")
	rita.Choose("act", "suspend")
	rita.Choose("strike", "1")
	rita.Set("reason", "No contract with the hospital was shown.")
	rita.Submit("#decision")
	rita.WantText(".head", "Upheld")
	if s.told(t, notice.StrikeGiven) != 1 {
		t.Error("the seller was not told of the strike")
	}
	if s.told(t, notice.VersionSuspended) != 1 {
		t.Error("the seller was not told of the suspension")
	}

	looker := b.Visitor(t, s.URL)
	for _, page := range []string{"", "/audit"} {
		looker.Go("/datasets/" + slug + page)
		looker.WantText("[data-testid=tombstone]", "The right to offer it is not shown. No contract with the hospital was shown.")
		looker.CheckViews("tombstone" + strings.ReplaceAll(page, "/", "-"))
	}
	looker.Go("/datasets")
	if strings.Contains(looker.Text("main"), slug) || looker.Count("a[href='/datasets/"+slug+"']") != 0 {
		t.Error("what is suspended is still listed")
	}

	ada.Go("/seller/standing")
	ada.CheckViews("standing-decided")
	ada.Go("/seller/standing")
	ada.Follow("[data-testid=flags] th a")
	ada.CheckViews("own-flag-upheld")
	ada.Follow("main a.btn")
	ada.WantText("h1", "Appeal a decision")
	ada.CheckViews("appeal-new")
	ada.Submit("#appeal")
	ada.WantText("[data-testid=error-summary]", "Say in a sentence or two what the decision overlooks.")
	ada.Set("text", "The contract was sent on Monday; it is in the vault now.")
	ada.Submit("#appeal")
	ada.WantText("h1", "Appeal")
	own := ada.Path()

	rita.Go("/review/appeals")
	rita.Follow("[data-testid=appeals] th a")
	rita.WantText("main", "You made the decision that is appealed. Another reviewer has to rule on it.")
	otto := b.Visitor(t, s.URL)
	s.signInPage(t, otto, "otto@example.org")
	otto.Go("/review/appeals")
	otto.CheckViews("appeal-queue")
	otto.Follow("[data-testid=appeals] th a")
	otto.CheckViews("appeal-item")
	otto.Choose("outcome", "granted")
	otto.Set("ruling", "The contract covers this use.")
	otto.Submit("#rule")
	otto.WantText("[data-testid=remedy]", "The report is dismissed. The version is on offer again. Its strike is taken back.")
	if s.told(t, notice.AppealDecided) != 1 {
		t.Error("the seller was not told of the ruling")
	}
	ada.Go(own)
	ada.CheckViews("appeal-granted")
	looker.Go("/datasets/" + slug)
	looker.WantText("h1", "Low-dose chest CT with nodules")
	if looker.Count("table.rights") == 0 {
		t.Error("the data set is not back on offer")
	}

	otto.Go("/review/takedown/" + string(owner.Organization))
	otto.CheckViews("takedown")
	otto.Choose("version", string(v.ID))
	otto.Choose("reason", "other")
	otto.Set("comment", "Suspended once more, for a test.")
	otto.Submit("#takedown")
	otto.WantText("[data-testid=empty]", "Nothing of this seller is on offer")
	looker.Go("/datasets/" + slug)
	looker.WantText("[data-testid=tombstone]", "Suspended once more, for a test.")
}
