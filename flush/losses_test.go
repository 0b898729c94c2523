package flush

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func whole(series uint64, rev uint32) *unitKey {
	return &unitKey{series: series, unix: 10, rev: rev, overwrite: true}
}

func TestALaterRevisionHealsALoss(t *testing.T) {
	var l losses
	l.add(whole(1, 0))
	l.add(whole(1, 1))
	assert.Zero(t, l.heal(whole(2, 5)), "another series")
	assert.Zero(t, l.heal(whole(1, 1)), "the revision that was lost itself")
	assert.Zero(t, l.heal(&unitKey{series: 1, unix: 20, rev: 5, overwrite: true}), "another bucket")
	assert.EqualValues(t, 2, l.heal(whole(1, 2)))
	assert.Zero(t, l.heal(whole(1, 3)), "healed once only")
}

func TestAPartHealsNothing(t *testing.T) {
	var l losses
	l.add(&unitKey{series: 1, unix: 10})
	assert.Empty(t, l.at, "an additive unit is gone for good")
	l.add(whole(1, 0))
	assert.Zero(t, l.heal(&unitKey{series: 1, unix: 10, rev: 1}))
}

func TestLossesForgetTheOldestAtTheBound(t *testing.T) {
	var l losses
	for i := range uint64(maxLosses) {
		l.add(whole(i, 0))
	}
	assert.EqualValues(t, 1, l.heal(whole(0, 1)), "still known")
	l.add(whole(0, 1)) // takes the slot of its own stale entry's turn
	l.add(whole(maxLosses, 0))
	assert.LessOrEqual(t, len(l.at), maxLosses)
	assert.Len(t, l.ring, maxLosses)
	assert.Zero(t, l.heal(whole(1, 1)), "the oldest made room")
	assert.EqualValues(t, 1, l.heal(whole(0, 2)), "lost again after it was healed, so not the oldest")
	assert.EqualValues(t, 1, l.heal(whole(2, 1)))
	assert.EqualValues(t, 1, l.heal(whole(maxLosses, 1)))
}
