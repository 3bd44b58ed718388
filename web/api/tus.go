package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"assay/internal/account"
	"assay/internal/upload"
)

const uploadsPath = Prefix + "/uploads/"

// tusRoutes are the operations of the tus protocol, which the library answers
// itself, and their description.
//
// Source: tus resumable upload protocol 1.0.0.
func (a *API) tusRoutes(r chi.Router) {
	if a.Receiver != nil {
		a.tus = a.Receiver.Protocol(uploadsPath, nil)
	}
	r = r.With(a.scoped(account.WriteUploads))
	resumable := &huma.Param{Name: "Tus-Resumable", In: "header", Required: true, Example: "1.0.0", Description: "Version of the protocol.",
		Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"1.0.0"}}}
	offset := &huma.Param{Name: "Upload-Offset", In: "header", Required: true, Example: 33554432, Description: "How many bytes are there already.",
		Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: ptr(0.0)}}
	headers := map[string]*huma.Param{
		"Upload-Offset": {Description: "How many bytes are there.", Schema: &huma.Schema{Type: huma.TypeInteger}},
		"Upload-Length": {Description: "Size of the whole.", Schema: &huma.Schema{Type: huma.TypeInteger}},
	}
	r.Head("/uploads/{upload}", a.tusHandler(func(w http.ResponseWriter, r *http.Request) { a.tus.HeadFile(w, r) }))
	a.describeTus(huma.Operation{
		OperationID: "get-upload-offset", Method: http.MethodHead, Summary: "Ask how far an upload came", Description: "Ask before you go on: bytes may have arrived whose acknowledgment was lost.",
		Parameters: []*huma.Param{resumable}, Responses: map[string]*huma.Response{"200": {Description: "How far it came.", Headers: headers}},
	}, http.StatusPreconditionFailed, http.StatusLocked)
	r.Patch("/uploads/{upload}", a.tusHandler(func(w http.ResponseWriter, r *http.Request) { a.tus.PatchFile(w, r) }))
	a.describeTus(huma.Operation{
		OperationID: "append-to-upload", Method: http.MethodPatch, Summary: "Send the next bytes", Description: "Pieces of 8 to 64 MiB do well. The answer to the last byte comes when the audit is queued.",
		Parameters: []*huma.Param{resumable, offset},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/offset+octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}},
		Responses: map[string]*huma.Response{"204": {Description: "The bytes are kept.", Headers: headers}},
	}, http.StatusBadRequest, http.StatusConflict, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusLocked)
	r.Delete("/uploads/{upload}", a.cancelUpload)
	a.describeTus(huma.Operation{
		OperationID: "cancel-upload", Method: http.MethodDelete, Summary: "Give an upload up", Description: "What arrived is deleted, and the version is a draft again.",
		Responses: map[string]*huma.Response{"204": {Description: "It is given up."}},
	}, http.StatusConflict, http.StatusPreconditionFailed)
}

// describeTus adds an operation that huma does not serve to the description.
func (a *API) describeTus(op huma.Operation, refusals ...int) {
	op.Path, op.Tags = "/uploads/{upload}", []string{tagUploads}
	op.Security = []map[string][]string{{schemeName: {string(account.WriteUploads)}}}
	op.Parameters = append([]*huma.Param{{Name: "upload", In: "path", Required: true, Example: "0193d2b4-3333-7444-8555-666677778888",
		Description: "Last part of the upload’s URL.", Schema: &huma.Schema{Type: huma.TypeString}}}, op.Parameters...)
	refusals = append(refusals, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable)
	addProblem(&op, a.huma.OpenAPI().Components.Schemas, refusals...)
	a.huma.OpenAPI().AddOperation(&op)
}

// tusHandler hands a request for an own upload to the library, which takes the
// path after the prefix for the upload's id. An upload of another organization
// is not there.
func (a *API) tusHandler(serve http.HandlerFunc) http.HandlerFunc {
	inner := http.StripPrefix(uploadsPath, serve)
	return func(w http.ResponseWriter, r *http.Request) {
		b := bearerOf(r.Context())
		if _, err := a.ownUpload(r.Context(), b, chi.URLParam(r, "upload")); err != nil {
			w.Header().Set("Tus-Resumable", tusVersion)
			a.problemOf(r.Context(), err).write(w, r)
			return
		}
		AnswerTus(w, r.WithContext(upload.WithActor(r.Context(), b.Actor())), inner.ServeHTTP, func(status int, detail string) {
			answerProblem(w, r, status, detail)
		})
	}
}

// cancelUpload gives an upload up: by our own rules, which the library does not
// know.
func (a *API) cancelUpload(w http.ResponseWriter, r *http.Request) {
	if !speaksTus(w, r, func(status int, detail string) { answerProblem(w, r, status, detail) }) {
		return
	}
	b := bearerOf(r.Context())
	u, err := a.ownUpload(r.Context(), b, chi.URLParam(r, "upload"))
	if err == nil {
		err = a.Uploads.Cancel(r.Context(), b.Actor(), u.ID)
	}
	if err != nil {
		a.problemOf(r.Context(), err).write(w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
