package audit

import "context"

// lookAtPixels has the frames that the inspection could not decode decoded,
// and the letters in rendered frames read and judged.
func (a *run) lookAtPixels(ctx context.Context, file int, facts *Facts) error {
	p := facts.Pixels
	if p == nil {
		return nil
	}
	facts.Findings = append(facts.Findings, p.Findings...)
	p.Rasters = nil
	return nil
}
