package replay

import (
	"time"

	"github.com/shardstats/shardstats/stats"
)

// tell submits an event or a service check that was checked.
func (p *Player) tell(op Op) {
	var when time.Time
	for _, at := range []*Time{op.Timestamp, op.DateHappened} {
		if at != nil && *at != 0 {
			when = at.Go()
		}
	}
	if op.Op == "service_check" {
		p.client.ServiceCheck(stats.ServiceCheck{
			Name:    op.Check,
			Status:  *op.Status,
			Message: op.Message,
			Time:    when,
			Tags:    op.Tags,
			Host:    op.hostname(),
		})
		return
	}
	p.client.Event(stats.Event{
		Title:          op.Title,
		Text:           op.text(),
		Time:           when,
		AlertType:      stats.AlertType(op.AlertType),
		Priority:       stats.Priority(op.Priority),
		AggregationKey: op.AggregationKey,
		SourceTypeName: op.SourceTypeName,
		Tags:           op.Tags,
		Host:           op.hostname(),
	})
}
