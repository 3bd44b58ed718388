// Package promise owns within what time something is answered, by reviewers
// and by sellers: one table, which the queues, the seller's desk and the
// notices read, and what a working day is. It knows no state of anything and
// fires nothing when a time is over: what is overdue is shown as overdue.
package promise
