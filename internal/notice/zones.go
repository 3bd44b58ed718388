package notice

import (
	_ "embed"
	"slices"
	"strings"
)

// zoneNames are the time zones that a person may choose: UTC, then those of the
// tz database, in the order of their names. The database computes with them.
//
// Source: zone1970.tab of the tz database, release 2026.
//
//go:embed zones.txt
var zoneNames string

var zones = strings.Fields(zoneNames)

// defaultZone is where the hour of the mail of the day counts without a wish.
const defaultZone = "UTC"

// Zones returns the time zones that a person may choose, UTC first.
func Zones() []string { return slices.Clone(zones) }

func isZone(name string) bool { return slices.Contains(zones, name) }
