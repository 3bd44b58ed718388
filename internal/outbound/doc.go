// Package outbound says which network addresses requests of ours may go to, and
// makes clients that go nowhere else. An address is judged when it is dialed,
// after the name was resolved, so that a name which answers differently the
// second time gains nothing.
package outbound
