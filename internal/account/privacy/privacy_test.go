package privacy_test

import (
	"testing"

	"assay/internal/account/privacy"
)

const personColumns = `
SELECT kcu.table_name || '.' || kcu.column_name
FROM   information_schema.referential_constraints rc
JOIN   information_schema.key_column_usage kcu ON kcu.constraint_name = rc.constraint_name AND kcu.constraint_schema = rc.constraint_schema
JOIN   information_schema.table_constraints tc ON tc.constraint_name = rc.unique_constraint_name AND tc.constraint_schema = rc.unique_constraint_schema
WHERE  tc.table_name = 'app_user'
UNION
SELECT c.table_name || '.' || c.column_name
FROM   information_schema.columns c
JOIN   information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE  c.table_schema = 'public'
AND    t.table_type = 'BASE TABLE'
AND    c.table_name NOT LIKE 'river%'
AND    (c.column_name ~ '(email|address|recipient|typed_name|contact_name|person_name|legal_name)' OR c.table_name = 'app_user' AND c.column_name = 'name'
        OR c.column_name ~ '(^users?|user_id|_by)$' AND c.data_type IN ('uuid', 'ARRAY', 'text'))
AND    c.data_type NOT IN ('timestamp with time zone')
ORDER BY 1`

func TestEveryColumnThatNamesAPersonHasAFate(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	found := r.texts(personColumns)
	is := map[string]bool{}
	for _, column := range found {
		is[column] = true
		if privacy.Fates[column].Why == "" {
			t.Errorf("%s names a person: decide in fate.go what becomes of it when the person is erased, and in collect.go whether an export holds it", column)
		}
	}
	for column := range privacy.Fates {
		if !is[column] {
			t.Errorf("fate.go decides on %s, which does not exist or names no person", column)
		}
	}
	if len(found) < 40 {
		t.Errorf("found %d columns, so the question was wrong: %v", len(found), found)
	}
}
