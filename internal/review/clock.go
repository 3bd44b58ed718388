package review

import "time"

// promises are the working days within which each kind of review is promised a
// first answer. This is the one place that says so.
var promises = map[Kind]int{Flagged: 3, First: 3, Routine: 2, Amended: 2}

// Promise returns the working days within which a kind is answered.
func Promise(k Kind) int { return promises[k] }

// Due returns when an item that waits since a moment is due: that many working
// days later at the same time of day. Working days are Monday to Friday in
// UTC; what came on a weekend counts from Monday, 00:00.
func Due(k Kind, since time.Time) time.Time {
	at := since.UTC()
	if isWeekend(at) {
		at = nextMonday(at)
	}
	for range promises[k] {
		at = at.AddDate(0, 0, 1)
		for isWeekend(at) {
			at = at.AddDate(0, 0, 1)
		}
	}
	return at
}

func isWeekend(t time.Time) bool { return t.Weekday() == time.Saturday || t.Weekday() == time.Sunday }

func nextMonday(t time.Time) time.Time {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	for day.Weekday() != time.Monday {
		day = day.AddDate(0, 0, 1)
	}
	return day
}
