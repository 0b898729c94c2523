package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/shardstats/shardstats/transport"
)

// Op is one line of a log: a submission, an event, a service check or a flush.
// The names of its fields are those of datadogpy's arguments. Fields that an
// operation has no use for are left out.
type Op struct {
	// Op says what is done: increment, decrement, gauge, histogram, timing,
	// distribution, set, rate, event, service_check or flush.
	Op string `json:"op"`

	MetricName string          `json:"metric_name,omitempty"`
	Value      json.RawMessage `json:"value,omitempty"`     // a number; of a set any JSON; of increment and decrement 1 if absent
	Member     json.RawMessage `json:"member,omitempty"`    // of a set, instead of value
	Timestamp  *Time           `json:"timestamp,omitempty"` // absent, null or 0: none
	Tags       []string        `json:"tags,omitempty"`
	Host       *string         `json:"host,omitempty"` // "" is a host, null is none
	SampleRate *float64        `json:"sample_rate,omitempty"`

	// Of a flush. Absent: Inf.
	At *Time `json:"at,omitempty"`

	// Of an event.
	Title          string `json:"title,omitempty"`
	Text           string `json:"text,omitempty"`
	AlertType      string `json:"alert_type,omitempty"`
	AggregationKey string `json:"aggregation_key,omitempty"`
	SourceTypeName string `json:"source_type_name,omitempty"`
	DateHappened   *Time  `json:"date_happened,omitempty"`
	Priority       string `json:"priority,omitempty"`

	// Of a service check. Its time is Timestamp.
	Check  string                 `json:"check,omitempty"`
	Status *transport.CheckStatus `json:"status,omitempty"`

	// Of an event its text, of a service check its message.
	Message string `json:"message,omitempty"`
	// Of an event or a service check its host. Host will do, too.
	Hostname string `json:"hostname,omitempty"`
}

// fieldsOf says which fields an operation may have beside "op".
var fieldsOf = func() map[string]map[string]bool {
	fields := map[string]map[string]bool{}
	add := func(names string, ops ...string) {
		for _, op := range ops {
			if fields[op] == nil {
				fields[op] = map[string]bool{"op": true}
			}
			for _, name := range strings.Fields(names) {
				fields[op][name] = true
			}
		}
	}
	add("metric_name value timestamp tags host sample_rate",
		"increment", "decrement", "gauge", "histogram", "timing", "distribution", "set", "rate")
	add("member", "set")
	add("at", "flush")
	add("title message text alert_type aggregation_key source_type_name date_happened priority tags hostname host", "event")
	add("check status timestamp message tags hostname host", "service_check")
	return fields
}()

// ParseOp reads one line of a log and checks it: a field that the operation has
// no use for is an error, for it is mostly a slip.
func ParseOp(line []byte) (Op, error) {
	var op Op
	err := op.UnmarshalJSON(line)
	return op, err
}

// UnmarshalJSON is what [ParseOp] does.
func (op *Op) UnmarshalJSON(text []byte) error {
	type plain Op // without this method
	if err := decodeOne(text, (*plain)(op)); err != nil {
		return err
	}
	return op.check(text)
}

// decodeOne reads exactly one JSON value.
func decodeOne(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return shortly(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON object: want one object on a line")
	}
	return nil
}

// shortly says what encoding/json found in words of a log's reader.
func shortly(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("field %q is a %s: want %s", wrong.Field, wrong.Value, kindOfField(wrong.Field))
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the JSON object is not complete")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

func kindOfField(field string) string {
	switch field {
	case "tags":
		return "a list of strings"
	case "sample_rate":
		return "a number"
	case "status":
		return "0, 1, 2 or 3"
	case "":
		return "an object"
	}
	return "a string"
}

// check says what op lacks or has too much. line is where it was read from.
func (op *Op) check(line []byte) error {
	fields, ok := fieldsOf[op.Op]
	switch {
	case op.Op == "":
		return errors.New(`no "op": want increment, decrement, gauge, histogram, timing, distribution, set, rate, event, service_check or flush`)
	case !ok:
		return fmt.Errorf("op %q is not known: want increment, decrement, gauge, histogram, timing, distribution, set, rate, event, service_check or flush", op.Op)
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(line, &given); err != nil {
		return shortly(err)
	}
	for name := range given {
		if !fields[name] {
			return fmt.Errorf("%s has no field %q", op.Op, name)
		}
	}
	switch op.Op {
	case "flush":
		return nil
	case "event":
		if op.Title == "" && op.text() == "" {
			return errors.New(`event without "title" and "message"`)
		}
	case "service_check":
		switch {
		case op.Check == "":
			return errors.New(`service_check without "check"`)
		case op.Status == nil:
			return errors.New(`service_check without "status": want 0, 1, 2 or 3`)
		case *op.Status > transport.CheckUnknown:
			return fmt.Errorf("service_check with status %d: want 0, 1, 2 or 3", uint8(*op.Status))
		}
	default:
		if op.MetricName == "" {
			return fmt.Errorf(`%s without "metric_name"`, op.Op)
		}
		if err := op.checkValue(); err != nil {
			return err
		}
	}
	for _, t := range []*Time{op.Timestamp, op.DateHappened} {
		if t != nil && t.IsInf() {
			return errors.New(`only a flush can be at "inf"`)
		}
	}
	return nil
}

func (op *Op) checkValue() error {
	if op.Op == "set" {
		if present(op.Value) == present(op.Member) {
			return errors.New(`set: want "value" or "member"`)
		}
		_, err := op.member()
		return err
	}
	if !present(op.Value) && op.Op != "increment" && op.Op != "decrement" {
		return fmt.Errorf(`%s without "value"`, op.Op)
	}
	_, _, err := op.number()
	return err
}

// present reports whether a field was given: a null was, for a set may hold it.
func present(text json.RawMessage) bool { return len(text) > 0 }

// number returns the value as a float64 and, if it was written as a whole number
// that an int64 holds, as that.
func (op *Op) number() (float64, *int64, error) {
	if !present(op.Value) {
		one := int64(1)
		return 1, &one, nil
	}
	text := string(op.Value)
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !isNumber(text) {
		return 0, nil, fmt.Errorf("%s: the value is %s: want a number that a float64 holds", op.Op, text)
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n != math.MinInt64 { // whose negative is none
		return f, &n, nil
	}
	return f, nil, nil
}

// isNumber reports whether a JSON value is a number.
func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || '0' <= text[0] && text[0] <= '9')
}

// timed returns the timestamp, if there is one. 0 is none, as in datadogpy.
func (op *Op) timed() (Time, bool) {
	if op.Timestamp == nil || *op.Timestamp == 0 {
		return 0, false
	}
	return *op.Timestamp, true
}

func (op *Op) text() string {
	if op.Message != "" {
		return op.Message
	}
	return op.Text
}

// host returns the host of an event or a service check.
func (op *Op) hostname() string {
	if op.Hostname == "" && op.Host != nil {
		return *op.Host
	}
	return op.Hostname
}
