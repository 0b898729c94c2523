package transport

import "time"

// Event is something that happened once, for people to read beside the metrics.
// Its strings are valid UTF-8 without control characters; Text alone may have
// line feeds. A transport leaves out what its wire has no place for.
type Event struct {
	Title string
	Text  string
	// Time is when it happened; the zero time means now, and is not sent.
	Time           time.Time
	AlertType      AlertType // "" means none
	Priority       Priority  // "" means none
	AggregationKey string    // groups events that belong together
	SourceTypeName string    // where it comes from: "jenkins", "user"
	Tags           []string  // constant tags last
	Host           string    // "" means none
}

// AlertType says how bad an event is. Others than these are sent as they are.
type AlertType string

const (
	AlertInfo    AlertType = "info"
	AlertWarning AlertType = "warning"
	AlertError   AlertType = "error"
	AlertSuccess AlertType = "success"
)

// Priority says how much attention an event wants.
type Priority string

const (
	PriorityNormal Priority = "normal"
	PriorityLow    Priority = "low"
)

// ServiceCheck is the state of a service as its host sees it.
type ServiceCheck struct {
	Name    string
	Status  CheckStatus
	Message string    // for people; may have line feeds
	Time    time.Time // when it was checked; the zero time means now, and is not sent
	Tags    []string  // constant tags last
	Host    string    // "" means none
}

// CheckStatus is the state of a service.
type CheckStatus uint8

const (
	CheckOK CheckStatus = iota
	CheckWarning
	CheckCritical
	CheckUnknown
)

var checkStatusNames = [...]string{"ok", "warning", "critical", "unknown"}

// String returns the state in one word.
func (s CheckStatus) String() string {
	if int(s) >= len(checkStatusNames) {
		return "unknown"
	}
	return checkStatusNames[s]
}
