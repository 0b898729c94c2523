// Package rejection has what transports share that say of single points of a batch what
// became of them: of those that cannot be sent, and of those whose request failed
// while others were not tried.
package rejection
