package listing

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"assay/internal/errs"
	"assay/internal/id"
	"assay/internal/postgres"
)

const linkedRoles = `
SELECT id, role
FROM   annotator
WHERE  id = ANY (@ids)
AND    organization_id = @organization
AND    removed_at IS NULL`

// rolesOf returns the roles of those linked annotators that the organization
// has.
func rolesOf(ctx context.Context, q postgres.Querier, org id.Organization, groups []Annotator) (map[id.Annotator]AnnotatorRole, error) {
	var ids []id.Annotator
	for _, g := range groups {
		ids = append(ids, g.Linked...)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := q.Query(ctx, linkedRoles, pgx.NamedArgs{"ids": ids, "organization": org})
	if err != nil {
		return nil, fmt.Errorf("annotators: %w", err)
	}
	roles := map[id.Annotator]AnnotatorRole{}
	var key id.Annotator
	var role AnnotatorRole
	_, err = pgx.ForEachRow(rows, []any{&key, &role}, func() error {
		roles[key] = role
		return nil
	})
	return roles, err
}

// checkLinked refuses links to anybody but annotators of the organization with
// the group's profession, as errs.Fields.
func checkLinked(ctx context.Context, q postgres.Querier, org id.Organization, groups []Annotator) error {
	roles, err := rolesOf(ctx, q, org, groups)
	if err != nil {
		return err
	}
	var f errs.Fields
	for i, g := range groups {
		for _, key := range g.Linked {
			switch role, ok := roles[key]; {
			case !ok:
				f.Add(Field("annotator", i, "linked"), "One of these readers is no longer in your organization. Choose again.")
			case role != g.Role:
				f.Addf(Field("annotator", i, "linked"), "One of these readers has another profession (%s) than the group.", AnnotatorRoles.Label(role))
			}
		}
	}
	return f.Err()
}

// stillLinked drops links to annotators who were removed.
func stillLinked(ctx context.Context, q postgres.Querier, org id.Organization, c *Claims) error {
	roles, err := rolesOf(ctx, q, org, c.Annotators.Groups)
	if err != nil {
		return err
	}
	c.Annotators.Groups = slices.Clone(c.Annotators.Groups)
	for i := range c.Annotators.Groups {
		g := &c.Annotators.Groups[i]
		g.Linked = slices.DeleteFunc(slices.Clone(g.Linked), func(key id.Annotator) bool {
			_, ok := roles[key]
			return !ok
		})
	}
	return nil
}
