package web

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"
	"github.com/tus/tusd/v2/pkg/handler"

	"assay/internal/audit"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/listing"
	"assay/internal/upload"
	"assay/web/api"
	"assay/web/page"
	"assay/web/static"
	"assay/web/ui"
)

// listingParam reads the listing in the path; anything else is no page.
func listingParam(r *http.Request) (id.Listing, error) {
	l, ok := id.Parse[id.Listing](chi.URLParam(r, "listing"))
	if !ok {
		return "", errs.New(errs.NotFound, "There is no such data set.")
	}
	return l, nil
}

func uploadURL(l id.Listing) string { return "/seller/listings/" + string(l) + "/upload" }

// showUpload is the page on which files are sent.
func (s *Server) showUpload(w http.ResponseWriter, r *http.Request) error {
	return s.uploadPage(w, r, http.StatusOK, "", nil)
}

func (s *Server) uploadPage(w http.ResponseWriter, r *http.Request, status int, name string, mistakes []errs.FieldError) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	d, err := s.Listings.Draft(r.Context(), s.actor(r), l)
	if err != nil {
		return err
	}
	view, err := s.uploadView(r, d)
	if err != nil {
		return err
	}
	view.Agreement.Name, view.Agreement.Error = name, ui.FieldErrorOf(mistakes, "name")
	return s.render(w, r, status, page.Upload(view))
}

func (s *Server) uploadView(r *http.Request, d listing.Description) (page.UploadView, error) {
	l, title := d.Listing.ID, d.Revision.Claims.Basics.Title
	accepted, err := s.Uploads.HasAccepted(r.Context(), s.actor(r), l)
	if err != nil {
		return page.UploadView{}, err
	}
	used, quota, err := s.Uploads.Used(r.Context(), s.actor(r))
	if err != nil {
		return page.UploadView{}, err
	}
	view := page.UploadView{
		Shell: s.formShell(r, "Send files", "sell"), Title: title,
		Crumbs: []ui.Crumb{{Label: "Sell", URL: "/seller"}, {Label: title}, {Label: "Send files"}},
		Limits: s.uploadLimits(used, quota), Agreement: agreementView(l, accepted),
		FilesURL: uploadURL(l) + "/files", CreateURL: uploadURL(l) + "/tus", NextURL: uploadURL(l) + "/sent",
		MaxBytes: strconv.FormatInt(s.Uploads.Limits().MaxBytes, 10),
	}
	view.Shell.Scripts = []string{static.URL("vendor/tus.min.js"), static.URL("upload.js")}
	u, err := s.Uploads.UnderWay(r.Context(), s.actor(r), l)
	if err != nil && errs.KindOf(err) == errs.NotFound {
		return view, nil
	}
	if err != nil {
		return page.UploadView{}, err
	}
	view.Receiving = &page.ReceivingView{
		Arrived:   audit.FormatBytes(u.ReceivedBytes) + " of " + audit.FormatBytes(u.SizeBytes),
		KeptUntil: u.ExpiresAt.Format("2 January 2006"), CancelURL: uploadURL(l) + "/cancel",
	}
	if u.StorageID != "" {
		view.Resume, view.ResumeMark = uploadsPath+u.StorageID, u.Fingerprint
	}
	return view, nil
}

// showSent leads to the version whose files were sent last.
func (s *Server) showSent(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	versions, err := s.Listings.Versions(r.Context(), s.actor(r), l)
	if err != nil {
		return err
	}
	if len(versions) == 0 {
		redirect(w, r, uploadURL(l))
		return nil
	}
	newest := versions[0]
	for _, v := range versions {
		if v.Number > newest.Number {
			newest = v
		}
	}
	redirect(w, r, "/seller/versions/"+string(newest.ID))
	return nil
}

func (s *Server) uploadLimits(used, quota int64) []ui.Pair {
	limits := s.Uploads.Limits()
	return []ui.Pair{
		{Term: "One file", Value: audit.FormatBytes(s.config.MaxFileBytes)},
		{Term: "One upload", Value: audit.FormatBytes(limits.MaxBytes)},
		{Term: "Your organization", Value: audit.FormatBytes(used) + " of " + audit.FormatBytes(quota) + " used"},
		{Term: "Entries of an archive", Value: ui.Number(s.config.MaxEntries) + "; files of a folder or a plain tar 200,000"},
		{Term: "Compression", Value: "200 to 1 over all, 1,032 to 1 for one entry"},
		{Term: "Paths", Value: "255 bytes a part, 32 parts"},
	}
}

func agreementView(l id.Listing, accepted bool) page.AgreementView {
	text := upload.CurrentAgreement()
	view := page.AgreementView{Accepted: accepted, Action: uploadURL(l) + "/agreement", Version: text.Version, SHA256: text.SHA256}
	for line := range strings.Lines(text.Text) {
		line = strings.TrimSpace(line)
		if _, point, numbered := strings.Cut(line, ". "); numbered && line[0] >= '1' && line[0] <= '9' {
			view.Points = append(view.Points, point)
		} else if line != "" {
			view.Paragraphs = append(view.Paragraphs, line)
		}
	}
	return view
}

// limitUploads bounds how many uploads one user may begin in a minute; pieces
// of an upload that goes on are not counted.
func (s *Server) limitUploads() func(http.Handler) http.Handler {
	key := func(r *http.Request) (string, error) { return string(s.visitor(r).User), nil }
	return httprate.LimitBy(uploadsPerMinute, time.Minute, key,
		httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "60")
			s.renderError(w, r, http.StatusTooManyRequests, "You began many uploads within a minute. Wait a minute, then go on.")
		}))
}

const uploadsPerMinute = 30

// acceptAgreement records the typed name under the text that was shown.
func (s *Server) acceptAgreement(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	err = s.Uploads.Accept(r.Context(), s.actor(r), l, r.PostForm.Get("name"), r.PostForm.Get("text"))
	if mistakes := errs.FieldsOf(err); len(mistakes) > 0 {
		return s.uploadPage(w, r, http.StatusUnprocessableEntity, r.PostForm.Get("name"), mistakes)
	}
	if err != nil {
		return err
	}
	redirect(w, r, uploadURL(l))
	return nil
}

// cancelUpload gives up the upload under way.
func (s *Server) cancelUpload(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	u, err := s.Uploads.UnderWay(r.Context(), s.actor(r), l)
	if err != nil {
		return err
	}
	if err := s.Uploads.Cancel(r.Context(), s.actor(r), u.ID); err != nil {
		return err
	}
	s.flash(r, "The upload was canceled and what had arrived was deleted.")
	redirect(w, r, uploadURL(l))
	return nil
}

// receiveFiles takes the plain form: its first field is the token, then come
// the files, read as they arrive.
func (s *Server) receiveFiles(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	if _, err := s.Listings.Draft(r.Context(), s.actor(r), l); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, s.Uploads.Limits().MaxBytes+1<<20)
	parts, err := r.MultipartReader()
	if err != nil {
		return errs.Wrap(errs.Invalid, "This form holds no files. Go back and choose some.", err)
	}
	if err := s.firstFieldIsToken(r, parts); err != nil {
		return err
	}
	u, err := s.Uploads.ReceivePlain(r.Context(), s.actor(r), l, "", func() (upload.Part, error) { return nextFile(parts) })
	if err != nil {
		return err
	}
	redirect(w, r, "/seller/versions/"+string(u.Version))
	return nil
}

func (s *Server) firstFieldIsToken(r *http.Request, parts *multipart.Reader) error {
	first, err := parts.NextPart()
	if err != nil || first.FormName() != tokenField {
		return s.matchToken(r, "")
	}
	given, err := io.ReadAll(io.LimitReader(first, 200))
	if err != nil {
		return errs.Wrap(errs.Invalid, "The connection broke while the form arrived. Send it again.", err)
	}
	return s.matchToken(r, string(given))
}

// nextFile returns the next file of the form; an empty choice is none.
func nextFile(parts *multipart.Reader) (upload.Part, error) {
	for {
		p, err := parts.NextPart()
		if err == io.EOF {
			return upload.Part{}, io.EOF
		}
		if err != nil {
			return upload.Part{}, errs.Wrap(errs.Invalid, "The connection broke while the files arrived. Nothing was kept: send them again.", err)
		}
		if p.FormName() == "file" && p.FileName() != "" {
			return upload.Part{Name: path.Base(strings.ReplaceAll(p.FileName(), `\`, "/")), Body: p}, nil
		}
	}
}

// uploadsPath is where resumable uploads are continued.
const uploadsPath = "/seller/uploads/"

type listingKey struct{}

// beginTus makes room for an upload before its first byte.
func (s *Server) beginTus(hook handler.HookEvent) (handler.HTTPResponse, handler.FileInfoChanges, error) {
	l, _ := hook.Context.Value(listingKey{}).(id.Listing)
	actor := upload.ActorOf(hook.Context)
	if hook.Upload.SizeIsDeferred {
		return handler.HTTPResponse{}, handler.FileInfoChanges{}, tusError(errs.New(errs.Invalid, "The size must be known beforehand."))
	}
	u, err := s.Uploads.Begin(hook.Context, actor, l, hook.Upload.Size, hook.Upload.MetaData["fingerprint"], "")
	if err != nil {
		return handler.HTTPResponse{}, handler.FileInfoChanges{}, tusError(err)
	}
	return handler.HTTPResponse{}, handler.FileInfoChanges{ID: string(u.ID), MetaData: handler.MetaData{}}, nil
}

// tusError gives a failure the form that the tus library passes on.
func tusError(err error) error {
	return handler.NewError("ERR_ASSAY", errs.MessageOf(err), statusOf(err))
}

// createTus begins a resumable upload of a version.
func (s *Server) createTus(w http.ResponseWriter, r *http.Request) error {
	l, err := listingParam(r)
	if err != nil {
		return err
	}
	if _, err := s.Listings.Draft(r.Context(), s.actor(r), l); err != nil {
		return err
	}
	ctx := context.WithValue(upload.WithActor(r.Context(), s.actor(r)), listingKey{}, l)
	api.AnswerTus(w, r.WithContext(ctx), s.tus.PostFile, plainly(w))
	return nil
}

// continueTus asks how far an upload came, adds bytes, or gives it up. An
// upload of another organization is not there.
func (s *Server) continueTus(w http.ResponseWriter, r *http.Request) error {
	u, ok := upload.ParseStorageID(chi.URLParam(r, "upload"))
	if !ok {
		return errs.New(errs.NotFound, "There is no such upload.")
	}
	if _, err := s.Uploads.Find(r.Context(), s.actor(r), u); err != nil {
		return err
	}
	r = r.WithContext(upload.WithActor(r.Context(), s.actor(r)))
	switch r.Method {
	case http.MethodHead:
		api.AnswerTus(w, r, stripped(s.tus.HeadFile), plainly(w))
	case http.MethodPatch:
		api.AnswerTus(w, r, stripped(s.tus.PatchFile), plainly(w))
	case http.MethodDelete:
		if err := s.Uploads.Cancel(r.Context(), s.actor(r), u); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// stripped hands on the path that the tus library takes for an upload's id.
func stripped(h http.HandlerFunc) http.HandlerFunc {
	return http.StripPrefix(uploadsPath, h).ServeHTTP
}

// plainly sends the script of the upload page a refusal as the sentence that it
// shows.
func plainly(w http.ResponseWriter) func(status int, detail string) {
	return func(status int, detail string) { http.Error(w, detail, status) }
}
