package web

import (
	"strconv"
	"time"

	"assay/internal/listing"
	"assay/internal/sellerdesk"
	"assay/web/page"
	"assay/web/ui"
)

// todoView says a to-do in a sentence with one link.
func todoView(t sellerdesk.Todo) page.DeskTodo {
	out := page.DeskTodo{Kind: string(t.Kind), Title: t.Title, Since: ui.Date(t.Since), SinceISO: t.Since.UTC().Format(time.RFC3339)}
	if t.Listing != "" && t.Title == "" {
		out.Title = "Untitled data set"
	}
	if t.Due != nil {
		out.Due, out.DueKind = dueWords(*t.Due, time.Now())
		out.DueOn = ui.DateTime(*t.Due)
	}
	number := "Version " + strconv.Itoa(t.Number)
	check := listingURL(t.Listing, "check")
	set := func(label, url, text string) page.DeskTodo {
		out.Label, out.URL, out.Text = label, url, text
		return out
	}
	switch t.Kind {
	case sellerdesk.AnswerReport:
		return set("Answer", ownFlagURL(t.Flag), "A reviewer asks you about a report by the public. After the time they decide without your answer.")
	case sellerdesk.MendForNewRules:
		text := number + " is live, and new rules of the audit found a warning in it. Mend it in a new version."
		if t.Grave {
			text = number + " is live, and new rules of the audit found what would keep a new version off the catalog. Send a mended version."
		}
		return set("See what was found", versionURL(t.Version)+"#new-rules", text)
	case sellerdesk.Held:
		return set("See what to do", versionURL(t.Version), number+" could not go live as planned. "+listing.Failures.Help(t.Failure))
	case sellerdesk.Suspended:
		return set("Read the reason", versionURL(t.Version), number+" was taken off the catalog by the platform.")
	case sellerdesk.BeginVerification:
		out.Title = "Your organization"
		return set("Get verified", "/seller/verification", "Only a verified seller can publish; a reviewer needs a few days.")
	case sellerdesk.MendVerification:
		out.Title = "Your organization"
		return set("Read what to mend", "/seller/verification", "A reviewer returned your request for verification.")
	case sellerdesk.RenewVerification:
		out.Title = "Your organization"
		return set("Renew it", "/seller/verification", "Verification ends on "+ui.Date(*t.Day)+"; from then on nothing new can be published.")
	case sellerdesk.MendFiles:
		return set("See what to mend", versionURL(t.Version), number+" failed the audit. Mend the files and send a new version.")
	case sellerdesk.MakeChanges:
		return set("Read what to change", versionURL(t.Version), "A reviewer asks for changes to version "+strconv.Itoa(t.Number)+".")
	case sellerdesk.ReadRejection:
		return set("Read why", versionURL(t.Version), "A reviewer rejected version "+strconv.Itoa(t.Number)+".")
	case sellerdesk.AnswerWarnings:
		return set("Answer", versionURL(t.Version)+"#findings-warning", number+" has "+ui.Plural(t.Count, "warning", "warnings")+" without an answer.")
	case sellerdesk.PublishIt:
		return set("Publish or choose a day", versionURL(t.Version), number+" is approved and not published.")
	case sellerdesk.SubmitIt:
		return set("Send to review", versionURL(t.Version), number+" is audited and complete.")
	case sellerdesk.EmbargoEnds:
		return set("See the day", versionURL(t.Version), number+" goes live by itself on "+dayInUTC(*t.Day)+".")
	case sellerdesk.ReadClaims:
		return set("Read why", versionURL(t.Version), "A reviewer did not take your changed claims over. What is live has not changed.")
	case sellerdesk.SendClaims:
		return set("Look and send", check, "Answers were changed that buyers do not see yet.")
	case sellerdesk.GoOnUpload:
		return set("Go on", uploadURL(t.Listing), "The upload of version "+strconv.Itoa(t.Number)+" is not finished.")
	case sellerdesk.SendFiles:
		return set("Send files", uploadURL(t.Listing), "Described, and no files yet.")
	case sellerdesk.FinishClaims:
		return set("Go on", listingURL(t.Listing, string(t.Step)), ui.Plural(t.Count, "answer is", "answers are")+" still needed.")
	}
	return out
}
