package errs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"assay/internal/errs"
)

func TestKindOf(t *testing.T) {
	var form errs.Fields
	form.Add("title", "Give the data set a title.")
	tests := []struct {
		name string
		err  error
		want errs.Kind
	}{
		{"an error without a kind is internal", errors.New("boom"), errs.Internal},
		{"a kind survives wrapping", fmt.Errorf("listing: %w", errs.New(errs.NotFound, "No such data set.")), errs.NotFound},
		{"a form with mistakes is invalid", form.Err(), errs.Invalid},
		{"a canceled context may be retried", context.Canceled, errs.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := errs.KindOf(tt.err); got != tt.want {
				t.Errorf("KindOf(%v) = %v, want %v", tt.err, got, tt.want)
			}
		})
	}
}

func TestInternalErrorsKeepTheirTextToThemselves(t *testing.T) {
	err := errs.Wrap(errs.Internal, "password of the store is hunter2", errors.New("dial"))
	if got, want := errs.MessageOf(err), "Something went wrong on our side. Please try again."; got != want {
		t.Errorf("MessageOf = %q, want %q", got, want)
	}
}

func TestFormWithoutMistakesIsNoError(t *testing.T) {
	var form errs.Fields
	if err := form.Err(); err != nil {
		t.Errorf("Err() = %v, want nil", err)
	}
}
