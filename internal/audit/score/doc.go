// Package score turns counts of faults into the LQS, the quality score of a
// data set: rules with their weights, what each was held against, and the
// points that are lost by it.
//
// It knows neither files nor labels: package annotation finds faults, package
// quality measures sets, and both count here, in a Book.
package score
