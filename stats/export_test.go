package stats

import (
	"time"

	"github.com/shardstats/shardstats/flush"
	"github.com/shardstats/shardstats/shard"
	"github.com/shardstats/shardstats/transport"
)

// The only door inwards for the tests of package stats_test.

// SeriesOf returns the series that a call of a kind leads to, known or new.
func (c *Client) SeriesOf(kind transport.Kind, name string, tags ...string) *flush.Series {
	s := c.series(kind, name, tags)
	if s == nil {
		return nil
	}
	return c.core.registry.Series(s.ID)
}

// Seen reports whether a spelling is in the table.
func (c *Client) Seen(kind transport.Kind, name string, tags ...string) bool {
	return c.find(kind, name, tags) != nil
}

// Store and Sweep let a test play the flusher.
func (c *Client) Store() *shard.Store { return c.core.store }

func (c *Client) Sweep(now time.Time, newest, oldest uint64) {
	for _, err := range c.core.registry.Sweep(now, newest, oldest) {
		c.core.cfg.onError(err)
	}
}

// TableSizes returns the slots of each table in the chain, newest first.
func (c *Client) TableSizes() []int {
	var sizes []int
	for t := c.core.registry.table.Load(); t != nil; t = t.older {
		sizes = append(sizes, len(t.slots))
	}
	return sizes
}

// Counts returns the registry's records and its unlinked ones.
func (c *Client) Counts() (records, unlinked int) {
	r := c.core.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.index.live, len(r.unlinked)
}

// Clean and CleanTags are the sanitising of names and tags.
func Clean(s string) string                  { return clean(s) }
func CleanTags(tags, base []string) []string { return cleanTags(tags, base) }
func IdentityKey(k transport.Kind, name string, tags []string) string {
	return string((&identity{kind: k, name: name, tags: tags}).appendKey(nil))
}

// CollideHashes makes every call hash alike until the returned function is
// called, to show that identity does not rest on the hash.
func CollideHashes() (undo func()) {
	before := keys
	keys = [len(keys)]uint64{}
	return func() { keys = before }
}

// Reachable reports whether any submitter may still hold a series of a name.
func (c *Client) Reachable(name string) bool {
	r := c.core.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	reachable := false
	r.each(func(s *series) {
		if gone := s.gone(); s.Name() == name && (gone == nil || gone.state <= cameBack) {
			reachable = true
		}
	})
	return reachable
}
