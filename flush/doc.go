// Package flush swaps, merges, closes buckets and delivers them.
//
// No compatibility promise: read it, import it at your own risk.
package flush
