package web

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"assay/internal/activity"
	"assay/internal/audit/certificate"
	"assay/internal/errs"
	"assay/web/page"
	"assay/web/ui"
)

const trustPath = "/trust/activity"

// Heads shown on a page, and in the list for programs.
const (
	headsAPage = 24
	headsAList = 1000
)

func headURL(number int64) string {
	return trustPath + "/heads/" + strconv.FormatInt(number, 10) + ".json"
}

// showTrust lists the published heads of the record of acts and says how to
// check a proof.
func (s *Server) showTrust(w http.ResponseWriter, r *http.Request) error {
	view, err := s.trustView(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, page.Trust(view))
}

func (s *Server) trustView(r *http.Request) (page.TrustView, error) {
	before := headBefore(r)
	heads, err := s.Acts.Heads(r.Context(), before, headsAPage+1)
	if err != nil {
		return page.TrustView{}, err
	}
	view := page.TrustView{Shell: s.formShell(r, "The record of acts", ""), ListURL: trustPath + ".json", Action: trustPath + "/check",
		Command: "server activity check activity-120.proof.json --heads " + s.config.PublicURL}
	view.Shell.NoIndex = before > 0
	view.Shell.Canonical = s.config.PublicURL + trustPath
	if len(heads) > headsAPage {
		heads = heads[:headsAPage]
		view.Pager.NextURL = trustPath + "?before=" + strconv.FormatInt(heads[headsAPage-1].Number, 10)
	}
	if before > 0 {
		view.Pager.FirstURL = trustPath
	}
	for _, h := range heads {
		view.Heads = append(view.Heads, page.HeadRow{Number: ui.Number(h.Number), Hash: hex.EncodeToString(h.Hash), When: ui.DateTime(h.At),
			IsSigned: h.IsSigned, URL: headURL(h.Number)})
	}
	return view, nil
}

// headBefore is where the list goes on, 0 at its start.
func headBefore(r *http.Request) int64 {
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil || before < 1 {
		return 0
	}
	return before
}

type headList struct {
	Issuer string     `json:"issuer"`
	Heads  []headLine `json:"heads"`
	Next   string     `json:"next,omitempty"`
}

type headLine struct {
	Number   int64     `json:"number"`
	Hash     string    `json:"hash"`
	At       time.Time `json:"at"`
	IsSigned bool      `json:"signed"`
	File     string    `json:"file"`
}

// sendHeads sends the list of heads for programs.
func (s *Server) sendHeads(w http.ResponseWriter, r *http.Request) error {
	heads, err := s.Acts.Heads(r.Context(), headBefore(r), headsAList)
	if err != nil {
		return err
	}
	list := headList{Issuer: s.config.PublicURL, Heads: []headLine{}}
	for _, h := range heads {
		list.Heads = append(list.Heads, headLine{h.Number, hex.EncodeToString(h.Hash), h.At.UTC(), h.IsSigned, s.config.PublicURL + headURL(h.Number)})
	}
	if len(heads) == headsAList {
		list.Next = s.config.PublicURL + trustPath + ".json?before=" + strconv.FormatInt(heads[headsAList-1].Number, 10)
	}
	file, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	return s.sendPublicJSON(w, r, append(file, '\n'))
}

// sendHead sends the file of one head, as it lies in the object store.
func (s *Server) sendHead(w http.ResponseWriter, r *http.Request) error {
	number, err := strconv.ParseInt(chi.URLParam(r, "number"), 10, 64)
	if err != nil || number < 1 {
		return errs.New(errs.NotFound, "No head was published for a row of that number.")
	}
	file, err := s.Acts.HeadFile(r.Context(), number)
	if err != nil {
		return err
	}
	return s.sendPublicJSON(w, r, file)
}

// judgeProof holds a proof that somebody sends against the published heads.
// Nothing is kept: the answer is the page itself.
func (s *Server) judgeProof(w http.ResponseWriter, r *http.Request) error {
	view, err := s.trustView(r)
	if err != nil {
		return err
	}
	text, err := proofText(r)
	if err == nil {
		view.Proved, err = s.provedLines(r, text)
	}
	if err != nil && errs.KindOf(err) != errs.Invalid {
		return err
	}
	status := http.StatusOK
	if err != nil {
		status, view.Errors, view.Text = http.StatusUnprocessableEntity, mistakes(err), text
	}
	return s.render(w, r, status, page.Trust(view))
}

func invalidProof(message string) error {
	return &errs.Error{Kind: errs.Invalid, Field: "proof", Message: message}
}

// proofText is the proof of the form: a file, or what was pasted.
func proofText(r *http.Request) (string, error) {
	text := r.PostForm.Get("proof")
	if r.MultipartForm != nil {
		if file, _, err := r.FormFile("file"); err == nil {
			defer file.Close()
			sent, err := io.ReadAll(io.LimitReader(file, activity.MaxProofBytes+1))
			if err != nil {
				return "", err
			}
			if len(sent) > 0 {
				text = string(sent)
			}
		}
	}
	switch {
	case strings.TrimSpace(text) == "":
		return "", invalidProof("Choose the file of a proof, or paste its text.")
	case len(text) > activity.MaxProofBytes:
		return "", invalidProof("This is larger than any proof: one has at most 1 MiB.")
	}
	return text, nil
}

// provedLines checks a proof and says what it proves.
func (s *Server) provedLines(r *http.Request, text string) ([]ui.Pair, error) {
	p, err := activity.ReadProof([]byte(text))
	if err != nil {
		return nil, invalidProof("This is not the file of a proof: " + err.Error() + ".")
	}
	file, err := s.Acts.HeadFile(r.Context(), p.Head.Number)
	if errs.KindOf(err) == errs.NotFound {
		return nil, invalidProof("The proof does not hold: no head was published for row " + ui.Number(p.Head.Number) + ".")
	}
	if err != nil {
		return nil, err
	}
	head, err := activity.ReadHead(file)
	if err != nil {
		return nil, err
	}
	act, err := p.Check(head.Head)
	if err != nil {
		return nil, invalidProof("The proof does not hold: " + err.Error() + ".")
	}
	lines := []ui.Pair{
		{Term: "Act", Value: verbWords(act.Verb)},
		{Term: "Of", Value: strings.ReplaceAll(act.Object, "_", " ") + " " + act.ObjectID},
		{Term: "Says of itself", Value: detailWords(act.Detail)},
		{Term: "Organization", Value: deref(act.Organization)},
		{Term: "Person", Value: deref(act.User)},
		{Term: "Done", Value: act.At.UTC().Format("2 January 2006, 15:04:05 UTC")},
		{Term: "Row", Value: ui.Number(p.Number)},
		{Term: "In the record at the latest", Value: ui.DateTime(head.At) + ", when the head of row " + ui.Number(head.Number) + " was published", URL: headURL(head.Number)},
	}
	if signed, err := s.signedBy(r, head); err != nil {
		return nil, err
	} else if signed != "" {
		lines = append(lines, ui.Pair{Term: "Signature", Value: signed})
	}
	return lines, nil
}

// signedBy says what the signature of a head is worth.
func (s *Server) signedBy(r *http.Request, head activity.Sealed) (string, error) {
	if !head.IsSigned() || s.Notary == nil {
		return "The head is not signed", nil
	}
	keys, err := s.Notary.Keys(r.Context())
	if err != nil {
		return "", err
	}
	switch err := head.CheckSignature(keys); {
	case err == nil:
		return "The head is signed by a key of this Assay", nil
	case errors.Is(err, certificate.ErrSignature):
		return "", invalidProof("The proof does not hold: the signature of the published head is broken.")
	default:
		return "The head is signed, but " + err.Error(), nil
	}
}

func deref(s *string) string {
	if s == nil {
		return "none"
	}
	return *s
}
