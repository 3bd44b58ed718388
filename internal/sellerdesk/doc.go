// Package sellerdesk says what a seller has to do and how the seller's data
// sets stand: to-dos, listings by state, views, the health of audits, the
// storage they take, and what changed from version to version.
//
// It reads only, as the member who asks: rows of one organization, and of the
// to-dos those that the member has the right to do. Requests and grants have
// their place between views and audits once there are any. Moves are package
// listing's.
package sellerdesk
