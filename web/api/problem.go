package api

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"assay/internal/errs"
)

// Problem is how every refusal looks.
//
// Source: RFC 9457, Problem Details for HTTP APIs.
type Problem struct {
	Type   string          `json:"type" example:"about:blank" doc:"about:blank, where status and kind say what it is; of a limit that was passed, the type that IANA keeps for it."`
	Title  string          `json:"title" example:"Not Found" doc:"The status in words."`
	Status int             `json:"status" example:"404" doc:"The status of the answer."`
	Detail string          `json:"detail,omitempty" example:"There is no such data set." doc:"What happened and what helps, in a sentence."`
	Kind   string          `json:"kind" example:"not_found" enum:"invalid,not_found,conflict,precondition,unauthenticated,forbidden,too_large,too_many,unavailable,method,internal" doc:"What the caller can do about it. Branch on this."`
	Errors []ProblemDetail `json:"errors,omitempty" doc:"Each mistake in what was sent."`
	// Violated is what a problem of quotaExceeded names.
	Violated []string `json:"violated-policies,omitempty" example:"[\"token\"]" doc:"Names of the limits that were passed, as in RateLimit-Policy."`
	Number   string   `json:"request,omitempty" example:"5f2b8c0d9a417e63" doc:"Number of the request, as in X-Request-Id: name it when you ask us."`
}

// ProblemDetail is one mistake in what was sent.
type ProblemDetail struct {
	Location string `json:"location" example:"body.title" doc:"Where the mistake is."`
	Message  string `json:"message" example:"Use at least 8 characters." doc:"What is wrong with it."`
}

// Error returns the sentence.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the status of the answer.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType names the media type of RFC 9457.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// quotaExceeded is the type of the refusal to whom passed a limit.
//
// Source: draft-ietf-httpapi-ratelimit-headers-10, IANA registry of problem types.
const quotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded"

// kindOf names a status for programs.
func kindOf(status int) string {
	switch status {
	case http.StatusNotFound:
		return "not_found"
	case http.StatusConflict:
		return "conflict"
	case http.StatusPreconditionFailed, http.StatusPreconditionRequired:
		return "precondition"
	case http.StatusUnauthorized:
		return "unauthenticated"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusTooManyRequests:
		return "too_many"
	case http.StatusServiceUnavailable:
		return "unavailable"
	case http.StatusMethodNotAllowed:
		return "method"
	}
	if status >= 500 {
		return "internal"
	}
	return "invalid"
}

func newProblem(status int, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Kind: kindOf(status)}
}

// init has huma's own refusals, of requests that do not fit the description,
// look like ours. None quotes what was sent or what broke.
func init() {
	huma.NewError = func(status int, detail string, causes ...error) huma.StatusError {
		if status >= 500 {
			return newProblem(status, errs.MessageOf(errs.New(errs.Internal, "")))
		}
		p := newProblem(status, sentence(detail))
		for _, cause := range causes {
			if d, ok := cause.(huma.ErrorDetailer); ok {
				one := d.ErrorDetail()
				p.Errors = append(p.Errors, ProblemDetail{one.Location, one.Message})
			}
		}
		slices.SortStableFunc(p.Errors, func(a, b ProblemDetail) int { return cmp.Compare(a.Location+a.Message, b.Location+b.Message) })
		return p
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, detail string, causes ...error) huma.StatusError {
		p := huma.NewError(status, detail, causes...).(*Problem)
		if ctx != nil {
			p.Number = requestNumber(ctx.Context())
		}
		return p
	}
}

// sentence gives huma's messages the form of ours.
func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// problemOf turns a failure of a feature into a problem, and logs it.
func (a *API) problemOf(ctx context.Context, err error) *Problem {
	status := Status(err)
	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelError
	}
	a.log.Log(ctx, level, "request failed", "status", status, "request", requestNumber(ctx), "error", err.Error())
	p := newProblem(status, errs.MessageOf(err))
	p.Number = requestNumber(ctx)
	for _, f := range errs.FieldsOf(err) {
		p.Errors = append(p.Errors, ProblemDetail{f.Field, f.Message})
	}
	return p
}

// write sends a problem outside of huma.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	p.Number = requestNumber(r.Context())
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		json.NewEncoder(w).Encode(p)
	}
}

// answerProblem answers with a problem outside of huma.
func answerProblem(w http.ResponseWriter, r *http.Request, status int, detail string) {
	newProblem(status, detail).write(w, r)
}
