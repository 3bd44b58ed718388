package listing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"assay/internal/id"
	"assay/internal/postgres"
)

// Ground is one reason why a version was sent back or rejected, and the place
// that it is about: a step of the description, a finding of the report, or a
// number of files. Any of the three may be empty.
type Ground struct {
	Decision id.Decision `db:"decision_id"`
	Reason   string      `db:"reason"`
	Section  Step        `db:"section"`
	Finding  string      `db:"finding"` // finding.Key
	Files    int         `db:"files"`   // 0 if not said
	Text     string      `db:"text"`
}

const insertGround = `
INSERT INTO decision_ground (decision_id, organization_id, position, reason, section, finding, files, text)
VALUES (@decision, @organization, @position, @reason, @section, @finding, nullif(@files::integer, 0), @text)`

func addGrounds(ctx context.Context, tx pgx.Tx, org id.Organization, d id.Decision, grounds []Ground) error {
	for i, g := range grounds {
		_, err := tx.Exec(ctx, insertGround, pgx.NamedArgs{
			"decision": d, "organization": org, "position": i + 1, "reason": g.Reason, "section": string(g.Section),
			"finding": g.Finding, "files": g.Files, "text": clean(g.Text)})
		if err != nil {
			return fmt.Errorf("ground %d: %w", i+1, err)
		}
	}
	return nil
}

const groundsQuery = `
SELECT   g.decision_id, g.reason, g.section, g.finding, coalesce(g.files, 0) AS files, g.text
FROM     decision_ground g
JOIN     decision d ON d.id = g.decision_id
WHERE    d.version_id = @version
AND      (g.organization_id = assay_organization() OR assay_platform() <> '')
ORDER BY g.decision_id, g.position`

// readGrounds puts the grounds of a version's decisions beside them.
func readGrounds(ctx context.Context, q postgres.Querier, v id.Version, decisions []Decision) error {
	list, err := postgres.Many[Ground](ctx, q, groundsQuery, pgx.NamedArgs{"version": v})
	if err != nil {
		return err
	}
	for i := range decisions {
		for _, g := range list {
			if g.Decision == decisions[i].ID {
				decisions[i].Grounds = append(decisions[i].Grounds, g)
			}
		}
	}
	return nil
}
