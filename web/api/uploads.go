package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"assay/internal/account"
	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/upload"
)

// Upload is the way of one version's bytes into the store.
type Upload struct {
	ID            id.Upload    `json:"id" format:"uuid" example:"0193d2b4-3333-7444-8555-666677778888" doc:"Identifier."`
	URL           string       `json:"url" format:"uri" example:"https://assay.example/api/v1/uploads/0193d2b4-3333-7444-8555-666677778888" doc:"Where its bytes are sent by the tus protocol."`
	Version       id.Version   `json:"version" format:"uuid" example:"0193d2b3-2222-7333-8444-555566667777" doc:"The version that they become."`
	State         upload.State `json:"state" enum:"receiving,finished,canceled,expired" example:"receiving" doc:"Whether bytes are missing."`
	SizeBytes     int64        `json:"size_bytes" example:"73400320" doc:"Size of the whole."`
	ReceivedBytes int64        `json:"received_bytes" example:"33554432" doc:"How far it came, about; HEAD of its URL says it exactly."`
	Fingerprint   string       `json:"fingerprint,omitempty" example:"a1b2c3" doc:"As it was begun with: tells the same files again."`
	SHA256        string       `json:"sha256,omitempty" doc:"Digest of all bytes, once they are there."`
	ExpiresAt     time.Time    `json:"expires_at" doc:"When it is given up unless a byte comes."`
}

func (a *API) uploadOf(u upload.Upload) Upload {
	out := Upload{ID: u.ID, Version: u.Version, State: u.State, SizeBytes: u.SizeBytes, ReceivedBytes: u.ReceivedBytes,
		Fingerprint: u.Fingerprint, SHA256: u.SHA256, ExpiresAt: u.ExpiresAt.UTC()}
	out.URL = a.url("/uploads/" + string(u.ID))
	if u.StorageID != "" {
		out.URL = a.url("/uploads/" + u.StorageID)
	}
	return out
}

// Agreement is the text that is accepted before files are sent.
type Agreement struct {
	Version string `json:"version" example:"2026-11" doc:"Changes with the text."`
	SHA256  string `json:"sha256" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"Digest of the text: send it to accept the text."`
	Text    string `json:"text" doc:"The text, in Markdown."`
}

// Acceptance is the agreement of a person to the text.
type Acceptance struct {
	SHA256 string `json:"sha256" pattern:"^[0-9a-f]{64}$" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"Digest of the text that the person read."`
	Name   string `json:"name" minLength:"2" maxLength:"200" example:"Nora Field" doc:"The person’s full name, as a signature."`
}

// NewUpload begins an upload.
type NewUpload struct {
	SizeBytes   int64       `json:"size_bytes" minimum:"1" example:"73400320" doc:"Size of the whole, in bytes."`
	Fingerprint string      `json:"fingerprint,omitempty" pattern:"^[0-9a-f]{0,64}$" example:"a1b2c3" doc:"A digest of names, sizes and times of your files, to know them again when you go on."`
	ChangeNote  string      `json:"change_note,omitempty" maxLength:"4000" example:"Two studies added." doc:"What changed since the version before; needed for a second or later version, of which buyers read it in the history."`
	Agreement   *Acceptance `json:"agreement,omitempty" doc:"Accepts the upload agreement; needed for each version, unless it was accepted on the page."`
}

type UploadPath struct {
	Upload string `path:"upload" example:"0193d2b4-3333-7444-8555-666677778888" doc:"Last part of the upload’s URL."`
}

func (a *API) uploads(r chi.Router) {
	a.uploadAgreement()
	type beginInput struct {
		ListingPath
		Body NewUpload
	}
	type begun struct {
		Location string `header:"Location" doc:"Where the bytes are sent."`
		Body     Upload
	}
	register(a, account.WriteUploads, huma.Operation{
		OperationID: "begin-upload", Method: http.MethodPost, Path: "/listings/{listing}/uploads", Tags: []string{tagUploads}, DefaultStatus: http.StatusCreated,
		Summary:     "Begin a resumable upload of a new version",
		Description: "One archive (zip, tar, tar.gz, tar.zst), or one file. Then send its bytes to the URL by PATCH; the last byte queues the audit.",
		Errors:      []int{http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity},
	}, func(ctx context.Context, b account.Bearer, in *beginInput) (*begun, error) {
		l, err := in.id()
		if err != nil {
			return nil, err
		}
		u, err := a.beginUpload(ctx, b, l, in.Body)
		if err != nil {
			return nil, err
		}
		out := a.uploadOf(u)
		return &begun{out.URL, out}, nil
	})

	register(a, account.WriteUploads, huma.Operation{
		OperationID: "list-uploads", Method: http.MethodGet, Path: "/listings/{listing}/uploads", Tags: []string{tagUploads},
		Summary: "Find the upload under way", Description: "A data set has at most one. By its fingerprint a program knows whether it is the one to go on with.", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, b account.Bearer, in *ListingPath) (*listOutput[Upload], error) {
		l, err := in.id()
		if err != nil {
			return nil, err
		}
		if _, err := a.Listings.Draft(ctx, b.Actor(), l); err != nil {
			return nil, err
		}
		var out listOutput[Upload]
		out.Body.Items = []Upload{}
		u, err := a.Uploads.UnderWay(ctx, b.Actor(), l)
		if err == nil {
			out.Body.Items = append(out.Body.Items, a.uploadOf(u))
		} else if errs.KindOf(err) != errs.NotFound {
			return nil, err
		}
		return &out, nil
	})

	type one struct{ Body Upload }
	register(a, account.WriteUploads, huma.Operation{
		OperationID: "get-upload", Method: http.MethodGet, Path: "/uploads/{upload}", Tags: []string{tagUploads},
		Summary: "Read an upload", Description: "Its state, and the version that its bytes become.", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, b account.Bearer, in *UploadPath) (*one, error) {
		u, err := a.ownUpload(ctx, b, in.Upload)
		if err != nil {
			return nil, err
		}
		return &one{a.uploadOf(u)}, nil
	})
	a.tusRoutes(r)
}

func (a *API) uploadAgreement() {
	type output struct{ Body Agreement }
	register(a, account.WriteUploads, huma.Operation{
		OperationID: "get-upload-agreement", Method: http.MethodGet, Path: "/upload-agreement", Tags: []string{tagUploads},
		Summary: "Read the upload agreement", Description: "The text in force. A person reads it; a program sends its digest with the person’s name when an upload begins.",
	}, func(context.Context, account.Bearer, *struct{}) (*output, error) {
		text := upload.CurrentAgreement()
		return &output{Agreement{text.Version, text.SHA256, text.Text}}, nil
	})
}

func (a *API) beginUpload(ctx context.Context, b account.Bearer, l id.Listing, n NewUpload) (upload.Upload, error) {
	if _, err := a.Listings.Draft(ctx, b.Actor(), l); err != nil {
		return upload.Upload{}, err
	}
	if err := a.Listings.NoteForNext(ctx, b.Actor(), l, n.ChangeNote); err != nil {
		return upload.Upload{}, inBody(err)
	}
	if n.Agreement != nil {
		if err := a.Uploads.Accept(ctx, b.Actor(), l, n.Agreement.Name, n.Agreement.SHA256); err != nil {
			return upload.Upload{}, err
		}
	}
	return a.Receiver.Open(ctx, b.Actor(), l, upload.Opening{SizeBytes: n.SizeBytes, Fingerprint: n.Fingerprint, ChangeNote: n.ChangeNote})
}

func (a *API) ownUpload(ctx context.Context, b account.Bearer, storageID string) (upload.Upload, error) {
	u, ok := upload.ParseStorageID(storageID)
	if !ok {
		return upload.Upload{}, errs.New(errs.NotFound, "There is no such upload.")
	}
	return a.Uploads.Find(ctx, b.Actor(), u)
}
