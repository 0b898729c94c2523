package flush

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/shardstats/shardstats/transport"
)

func TestAccountsBalanceAfterEveryTransfer(t *testing.T) {
	reasons := []transport.Reason{transport.ReasonRejected, transport.ReasonQueueFull, transport.ReasonCollision}
	rapid.Check(t, func(t *rapid.T) {
		var a accounts
		in, out := 0, map[fate]int{}
		for range rapid.IntRange(1, 40).Draw(t, "transfers") {
			to := fate{column: column(rapid.IntRange(int(delivered), int(dropped)).Draw(t, "to"))}
			if to.column == dropped {
				to.reason = rapid.SampledFrom(reasons).Draw(t, "reason")
			}
			n := rapid.IntRange(0, 5).Draw(t, "n")
			switch rapid.IntRange(0, 2).Draw(t, "from") {
			case 0:
				a.transfer(rolledUp, fate{column: pending}, n)
				in += n
			case 1:
				a.transfer(rolledUp, dropFor(transport.ReasonOverflowSum), n)
				in += n
				out[dropFor(transport.ReasonOverflowSum)] += n
			case 2:
				n = min(n, int(a.books.Pending))
				a.transfer(pending, to, n)
				out[to] += n
			}
			b := a.snapshot()
			assert.True(t, b.Balanced(), "%+v", b)
		}
		b := a.snapshot()
		assert.EqualValues(t, in, b.RolledUp)
		assert.EqualValues(t, out[fate{column: delivered}], b.Delivered)
		assert.EqualValues(t, out[fate{column: unknown}], b.Unknown)
		assert.EqualValues(t, out[fate{column: superseded}], b.Superseded)
		for _, r := range append(reasons, transport.ReasonOverflowSum) {
			assert.EqualValues(t, out[dropFor(r)], b.Dropped[r], r)
		}
	})
}

func TestAccountsRefuseToMoveWhatIsSettled(t *testing.T) {
	var a accounts
	a.transfer(rolledUp, fate{column: delivered}, 2)
	assert.Panics(t, func() { a.transfer(delivered, fate{column: unknown}, 1) })
	assert.Panics(t, func() { a.transfer(rolledUp, fate{column: rolledUp}, 1) })
}

func TestSnapshotIsTheCallersOwn(t *testing.T) {
	var a accounts
	a.transfer(rolledUp, dropFor(transport.ReasonRejected), 1)
	b := a.snapshot()
	b.Dropped[transport.ReasonRejected] = 9
	assert.EqualValues(t, 1, a.snapshot().Dropped[transport.ReasonRejected])
}
