// Package quality measures a set of labeled images and scores it: how complete
// the labels are, how the classes are spread, whether the splits hold apart
// what they should, how good the images are and who labeled them.
//
// It takes the Set of package annotation and returns a Report, the one schema
// of the LQS for the command line, the browser, the pages and the API. Rules
// with their weights are in Registry; the arithmetic of points is in score, of
// agreement in agreement, of counts in distribution.
package quality
