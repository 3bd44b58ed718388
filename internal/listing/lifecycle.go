package listing

import (
	"slices"

	"assay/internal/errs"
)

// State is where a version stands between draft and live.
type State string

// States of a version. Each says what it means and which events leave it; the
// whole is drawn in docs/lifecycle.md.
const (
	// Draft has no files yet. Leaves by start_upload.
	Draft State = "draft"

	// Uploading receives files. Leaves by finish_upload once the last byte is
	// stored, or back to draft by cancel_upload and expire_upload.
	Uploading State = "uploading"

	// Queued has all its bytes and waits for a worker. From here on its files
	// never change. Leaves by start_audit, or back to draft by cancel_audit.
	Queued State = "queued"

	// Auditing is being read by a worker. Leaves by pass, flag and fail_audit
	// with a report, by requeue if the worker died, by break_audit if the fault
	// is ours, and back to draft by cancel_audit.
	Auditing State = "auditing"

	// AuditFailed has a report with a blocker, or holds nothing that could be
	// read. Final: the seller starts a new version.
	AuditFailed State = "audit_failed"

	// Flagged has a report with warnings and no blocker. Leaves by submit once
	// the seller has answered each warning.
	Flagged State = "flagged"

	// Passed has a report without blocker or warning. Leaves by submit, or by
	// approve_at_once for a verified seller whose first listing was approved by
	// a reviewer.
	Passed State = "passed"

	// AuditError could not be audited through a fault of ours. Leaves by
	// retry_audit, which the platform fires.
	AuditError State = "audit_error"

	// InReview waits for a reviewer: another than the one who rejected it, if it
	// came back after an appeal. Leaves by approve, request_changes and reject.
	InReview State = "in_review"

	// ChangesRequested was sent back with reasons. Final: the seller starts a
	// new version.
	ChangesRequested State = "changes_requested"

	// Rejected was refused with a reason; the seller may appeal. Leaves by
	// reopen if the appeal is granted.
	Rejected State = "rejected"

	// Approved may go live: its files and claims are the ones that the approval
	// names. Leaves by publish and embargo, which a worker fires if the seller
	// has planned it, and by recall if another version is suspended.
	Approved State = "approved"

	// Embargoed is approved and waits for a day that the seller named. Leaves
	// by publish, back to approved by cancel_embargo, and by recall if another
	// version is suspended.
	Embargoed State = "embargoed"

	// Live is what buyers see; a listing has at most one. Leaves by supersede,
	// suspend and withdraw.
	Live State = "live"

	// Superseded was live until a newer version took its place. Final; who
	// holds it keeps it.
	Superseded State = "superseded"

	// Suspended was taken down by the platform and keeps a public tombstone
	// with the reason. Leaves by restore; the seller may appeal.
	Suspended State = "suspended"

	// Withdrawn was taken down by its seller and keeps a public tombstone with
	// the reason. Final.
	Withdrawn State = "withdrawn"
)

// States is the vocabulary of State.
var States = Vocabulary[State]{
	{Draft, "Draft", "No files yet."},
	{Uploading, "Uploading", "Files are on their way."},
	{Queued, "Waiting for the audit", "All bytes have arrived."},
	{Auditing, "Being audited", "The files are being read."},
	{AuditFailed, "Audit failed", "The report names at least one blocker."},
	{Flagged, "Flagged", "The report has warnings that wait for an answer."},
	{Passed, "Audit passed", "The report has neither blocker nor warning."},
	{AuditError, "Audit interrupted", "A fault of ours. We try again; nothing is to be done."},
	{InReview, "In review", "A reviewer looks at files, claims and report."},
	{ChangesRequested, "Changes requested", "The reviewer said what to change."},
	{Rejected, "Rejected", "The reviewer said why."},
	{Approved, "Approved", "Ready to go live."},
	{Embargoed, "Embargoed", "Approved, and live on the day that was named."},
	{Live, "Live", "Buyers see it."},
	{Superseded, "Superseded", "A newer version is live."},
	{Suspended, "Suspended", "Taken down by the platform."},
	{Withdrawn, "Withdrawn", "Taken down by the seller."},
}

// Label returns the state in plain words.
func (s State) Label() string { return States.Label(s) }

// Event moves a version from one state to another.
type Event string

// Events, in the order of the way from draft to live.
const (
	StartUpload    Event = "start_upload"
	CancelUpload   Event = "cancel_upload"
	ExpireUpload   Event = "expire_upload"
	FinishUpload   Event = "finish_upload"
	StartAudit     Event = "start_audit"
	Requeue        Event = "requeue"
	CancelAudit    Event = "cancel_audit"
	FailAudit      Event = "fail_audit"
	Flag           Event = "flag"
	Pass           Event = "pass"
	BreakAudit     Event = "break_audit"
	RetryAudit     Event = "retry_audit"
	Submit         Event = "submit"
	ApproveAtOnce  Event = "approve_at_once"
	Approve        Event = "approve"
	RequestChanges Event = "request_changes"
	Reject         Event = "reject"
	Reopen         Event = "reopen"
	Recall         Event = "recall"
	Publish        Event = "publish"
	Embargo        Event = "embargo"
	CancelEmbargo  Event = "cancel_embargo"
	Supersede      Event = "supersede"
	Suspend        Event = "suspend"
	Withdraw       Event = "withdraw"
	Restore        Event = "restore"
)

// Party is who may fire an event.
type Party string

// Parties. The database tells them by the transaction's settings: the seller's
// organization, a platform reviewer or admin who does not belong to it, or a
// background worker.
const (
	Seller   Party = "seller"
	Reviewer Party = "reviewer"
	Worker   Party = "worker"
)

// Transition is one allowed move.
type Transition struct {
	From  State
	Event Event
	To    State
	By    []Party
}

// transitions is the whole state machine. The table
// version_transition holds the same rows (migrations 000021, 000076, 000146, 000157 and 000180), and a
// test holds the two together.
var transitions = []Transition{
	{Draft, StartUpload, Uploading, []Party{Seller}},
	{Uploading, CancelUpload, Draft, []Party{Seller}},
	{Uploading, ExpireUpload, Draft, []Party{Worker}},
	{Uploading, FinishUpload, Queued, []Party{Seller, Worker}},
	{Queued, StartAudit, Auditing, []Party{Worker}},
	{Queued, CancelAudit, Draft, []Party{Seller}},
	{Auditing, Requeue, Queued, []Party{Worker}},
	{Auditing, CancelAudit, Draft, []Party{Seller}},
	{Auditing, FailAudit, AuditFailed, []Party{Worker}},
	{Auditing, Flag, Flagged, []Party{Worker}},
	{Auditing, Pass, Passed, []Party{Worker}},
	{Auditing, BreakAudit, AuditError, []Party{Worker}},
	{AuditError, RetryAudit, Queued, []Party{Worker, Reviewer}},
	{Flagged, Submit, InReview, []Party{Seller}},
	{Passed, Submit, InReview, []Party{Seller}},
	{Passed, ApproveAtOnce, Approved, []Party{Seller}},
	{InReview, Approve, Approved, []Party{Reviewer}},
	{InReview, RequestChanges, ChangesRequested, []Party{Reviewer}},
	{InReview, Reject, Rejected, []Party{Reviewer}},
	{Rejected, Reopen, InReview, []Party{Reviewer}},
	{Approved, Publish, Live, []Party{Seller, Worker}},
	{Approved, Embargo, Embargoed, []Party{Seller, Worker}},
	{Embargoed, CancelEmbargo, Approved, []Party{Seller}},
	{Embargoed, Publish, Live, []Party{Seller, Worker}},
	{Approved, Recall, InReview, []Party{Reviewer, Worker}},
	{Embargoed, Recall, InReview, []Party{Reviewer, Worker}},
	{Live, Supersede, Superseded, []Party{Seller, Worker}},
	{Live, Suspend, Suspended, []Party{Reviewer, Worker}},
	{Live, Withdraw, Withdrawn, []Party{Seller}},
	{Suspended, Restore, Live, []Party{Reviewer}},
}

// Transitions returns every allowed move, in the order of the way from draft
// to live.
func Transitions() []Transition { return slices.Clone(transitions) }

// After returns the state that event leads to from s. It returns
// errs.Conflict if the state forbids the step.
func (s State) After(event Event) (State, error) {
	for _, t := range transitions {
		if t.From == s && t.Event == event {
			return t.To, nil
		}
	}
	return "", errs.Newf(errs.Conflict, "This version is %q now; that step is not possible from there.", s.Label())
}

// IsFinal reports whether no event leaves s.
func (s State) IsFinal() bool {
	return !slices.ContainsFunc(transitions, func(t Transition) bool { return t.From == s })
}
