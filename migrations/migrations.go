// Package migrations embeds the database's schema, one pair of files a thought.
package migrations

import "embed"

// FS holds the .up.sql and .down.sql files.
//
//go:embed *.sql
var FS embed.FS
