// Package idempotency remembers what a program's request was answered, so that
// the same request sent again has no second effect.
//
// A request is known by the token that sent it and a key that the program
// chose. Of several at once, one is carried out and the others wait for its
// answer, on whatever process they arrive: the primary key of a row decides. An
// answer is kept for [Kept]. A request that died on the way leaves a row without
// an answer: it is not carried out again, since nobody can tell how far it came.
package idempotency
