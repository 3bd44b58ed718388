package review

import (
	"context"
	"strings"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

// Judge notes whether the answer to a warning is accepted. To refuse takes a
// note that says why. To accept an answer to a warning about identifiers takes
// two people: the second one who accepts it confirms it.
func (s *Service) Judge(ctx context.Context, a postgres.Actor, v id.Version, key string, accepted bool, note string) error {
	if err := mustReview(a); err != nil {
		return err
	}
	note = strings.TrimSpace(note)
	switch n := len([]rune(note)); {
	case !accepted && n < 10:
		return &errs.Error{Kind: errs.Invalid, Field: "note", Message: "Say in a sentence why the answer does not hold."}
	case n > 3000:
		return &errs.Error{Kind: errs.Invalid, Field: "note", Message: "Use at most 3,000 characters."}
	}
	if err := s.refuseOwn(ctx, a, v); err != nil {
		return err
	}
	return s.listings.ConfirmAnswer(ctx, a, v, key, accepted, note)
}

// TakeBack opens the answer to a warning again, for whoever judged it and
// before a second person has confirmed it.
func (s *Service) TakeBack(ctx context.Context, a postgres.Actor, v id.Version, key string) error {
	if err := mustReview(a); err != nil {
		return err
	}
	if err := s.refuseOwn(ctx, a, v); err != nil {
		return err
	}
	return s.listings.TakeBackAnswer(ctx, a, v, key)
}
