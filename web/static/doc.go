// Package static holds the scripts, the fonts and the icon, and serves them,
// with the style sheets of package style, under names that carry a digest of
// their bytes, so that a browser may keep them for ever.
//
// It promises that a URL from URL never changes its bytes. The audit for the
// browser (wasm) may be missing; then Has says no.
package static
