package stats

import (
	"strings"
	"unicode/utf8"

	"github.com/shardstats/shardstats/transport"
)

// Event is something that happened once, for people to read beside the metrics.
// Title or Text is needed, everything else may be left out. See
// [transport.Event].
type Event = transport.Event

// ServiceCheck is the state of a service. Name is needed. See
// [transport.ServiceCheck].
type ServiceCheck = transport.ServiceCheck

// How bad an event is, and how much attention it wants.
const (
	AlertInfo    = transport.AlertInfo
	AlertWarning = transport.AlertWarning
	AlertError   = transport.AlertError
	AlertSuccess = transport.AlertSuccess

	PriorityNormal = transport.PriorityNormal
	PriorityLow    = transport.PriorityLow
)

// The states of a service.
const (
	CheckOK       = transport.CheckOK
	CheckWarning  = transport.CheckWarning
	CheckCritical = transport.CheckCritical
	CheckUnknown  = transport.CheckUnknown
)

// Event sends an event to every transport that takes events; the others count it
// as unsupported in their books ([Ledger].Events). It is put into their queues at
// once, copied, under a short lock, and goes out by itself, retried as points are;
// a manual client sends it at the next flush. Once Shutdown has begun none is taken
// any more. The client's tags are appended, its host holds where the event has none;
// a namespace is not applied. One without title and text is refused and counted as
// bad_name.
func (c *Client) Event(e Event) {
	if !c.live() {
		return
	}
	if e.Title == "" && e.Text == "" {
		c.core.refuse(transport.ReasonBadName)
		return
	}
	if !c.core.flusher.Event(Event{
		Title: cleanLine(e.Title), Text: cleanText(e.Text), Time: e.Time,
		AlertType: AlertType(cleanLine(string(e.AlertType))), Priority: Priority(cleanLine(string(e.Priority))),
		AggregationKey: cleanLine(e.AggregationKey), SourceTypeName: cleanLine(e.SourceTypeName),
		Tags: inOrder(e.Tags, c.order), Host: c.hostOf(e.Host),
	}) {
		c.core.refuse(transport.ReasonAfterStop)
	}
}

// AlertType says how bad an event is.
type AlertType = transport.AlertType

// Priority says how much attention an event wants.
type Priority = transport.Priority

// CheckStatus is the state of a service.
type CheckStatus = transport.CheckStatus

// ServiceCheck sends the state of a service, as [Client.Event] sends an event. One
// without a name is refused and counted as bad_name, one with a status that there
// is not as bad_value.
func (c *Client) ServiceCheck(sc ServiceCheck) {
	switch {
	case !c.live():
	case sc.Name == "":
		c.core.refuse(transport.ReasonBadName)
	case sc.Status > CheckUnknown:
		c.core.refuse(transport.ReasonBadValue)
	case !c.core.flusher.Check(ServiceCheck{
		Name: clean(sc.Name), Status: sc.Status, Message: cleanText(sc.Message), Time: sc.Time,
		Tags: inOrder(sc.Tags, c.order), Host: c.hostOf(sc.Host),
	}):
		c.core.refuse(transport.ReasonAfterStop)
	}
}

// hostOf returns the host of an event: its own, or else the client's.
func (c *Client) hostOf(host string) string {
	if host != "" {
		return clean(host)
	}
	return c.host.name
}

// cleanText returns a copy of s with line feeds as its only control characters,
// and at most maxStringBytes long. cleanLine has none at all.
func cleanText(s string) string {
	if len(s) > maxStringBytes {
		cut := maxStringBytes
		for lowest := cut - utf8.UTFMax; cut > lowest && !utf8.RuneStart(s[cut]); {
			cut--
		}
		s = s[:cut]
	}
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

func cleanLine(s string) string { return strings.ReplaceAll(cleanText(s), "\n", " ") }
