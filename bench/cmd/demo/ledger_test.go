package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/stats"
	"github.com/shardstats/shardstats/transport"
)

func TestLedgerIsCleanOnlyIfAllWasDelivered(t *testing.T) {
	full := stats.Books{Transport: "datadog", RolledUp: 5, Delivered: 4, Superseded: 1}
	tests := map[string]struct {
		books   stats.Books
		refused map[stats.Reason]uint64
		clean   bool
		says    string
	}{
		"all delivered":     {full, nil, true, "5 rolled up = 4 delivered"},
		"one dropped":       {stats.Books{RolledUp: 5, Delivered: 4, Dropped: map[stats.Reason]uint64{transport.ReasonRejected: 1}}, nil, false, "dropped as rejected: 1"},
		"one pending":       {stats.Books{RolledUp: 5, Delivered: 4, Pending: 1}, nil, false, "1 pending"},
		"one unknown":       {stats.Books{RolledUp: 5, Delivered: 4, Unknown: 1}, nil, false, "1 unknown"},
		"one unaccounted":   {stats.Books{RolledUp: 5, Delivered: 4}, nil, false, "the books do NOT balance"},
		"a refused call":    {full, map[stats.Reason]uint64{transport.ReasonBadValue: 2}, false, "refused as bad_value: 2"},
		"an error long ago": {stats.Books{LastError: "no route"}, nil, true, "last error: no route"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			clean := reportLedger(&out, stats.Ledger{Transports: []stats.Books{test.books}, Refused: test.refused})
			assert.Equal(t, test.clean, clean)
			assert.Contains(t, out.String(), test.says)
		})
	}
}
