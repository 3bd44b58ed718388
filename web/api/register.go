package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"assay/internal/account"
)

// anyScope stands for an operation that every token may use.
const anyScope account.Scope = ""

// register adds an operation that needs a scope. Its handler is called with who
// sends the request, and its failures become problems.
func register[I, O any](a *API, scope account.Scope, op huma.Operation, handle func(context.Context, account.Bearer, *I) (*O, error)) {
	a.describe(scope, &op)
	if scope != anyScope {
		op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
			if err := bearerOf(ctx.Context()).Allows(scope); err != nil {
				p := a.problemOf(ctx.Context(), err)
				ctx.SetHeader("WWW-Authenticate", insufficient(scope))
				huma.WriteErr(a.huma, ctx, p.Status, p.Detail)
				return
			}
			next(ctx)
		})
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, bearerOf(ctx), in)
		var answered huma.StatusError
		switch {
		case err == nil:
			return out, nil
		case errors.As(err, &answered):
			if p, ok := answered.(*Problem); ok {
				p.Number = requestNumber(ctx)
			}
			return nil, answered
		}
		return nil, a.problemOf(ctx, err)
	})
}

// describe completes what the description says of an operation.
func (a *API) describe(scope account.Scope, op *huma.Operation) {
	op.Security = []map[string][]string{{schemeName: {}}}
	if scope != anyScope {
		op.Security = []map[string][]string{{schemeName: {string(scope)}}}
	}
	op.MaxBodyBytes = maxBodyBytes
	refusals := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}
	if op.Method != http.MethodGet { // what has a body, or a key that says whether it is the same one
		refusals = append(refusals, http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	}
	for _, status := range refusals {
		if !slices.Contains(op.Errors, status) {
			op.Errors = append(op.Errors, status)
		}
	}
	if op.Method == http.MethodPost {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: keyHeader, In: "header", Example: "2f6d1c1e-upload-17", Schema: &huma.Schema{Type: "string", MinLength: ptr(1), MaxLength: ptr(255)},
			Description: "A name that you choose for this request. Sent again with the same key and body within 24 hours, it has no second effect and gets the first answer, with " + replayedHeader + ": true.",
		})
	}
}

func ptr[T any](v T) *T { return &v }

// addProblem adds a problem to the answers of an operation that is described by
// hand.
func addProblem(op *huma.Operation, registry huma.Registry, statuses ...int) {
	schema := registry.Schema(problemGoType, true, "Problem")
	for _, status := range statuses {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status),
			Content: map[string]*huma.MediaType{problemType: {Schema: schema}}}
	}
}
