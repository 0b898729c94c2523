package prom

import (
	"cmp"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/internal/proto"
)

const (
	hostLabel   = "host"
	deviceLabel = "device"
	bareValue   = "true"

	maxSpelled    = 4096 // spellings and joined values that are remembered
	maxRemembered = 1024 // bytes of each of them

	recentPlaces = 16 // of a tag in its series
)

// Label is a label as it is on the wire: its value is valid UTF-8 and not empty.
type Label struct{ Key, Value string }

// Labels makes labels of tags. The zero value is ready; it keeps its memory from
// one series to the next.
type Labels struct {
	list    []Label
	joined  []byte
	spelled map[string]string
	// recent has what the tag at each place was last, and the label that it became: many
	// tags are those of the series before.
	recent [recentPlaces]recentTag
}

type recentTag struct {
	tag   string // "" is none
	label Label
}

// Of returns the labels of a series sorted by key, each key once. The slice is valid
// until the next call, its strings as long as those of s.
//
// A label without a value is none to Prometheus, so it is left out. The values of
// a key that comes twice are sorted, distinct, and joined by commas.
func (l *Labels) Of(s *transport.Series) []Label {
	list := l.list[:0]
	for i, tag := range s.Tags {
		r := &recentTag{}
		if i < recentPlaces {
			r = &l.recent[i]
		}
		if r.tag != tag || tag == "" {
			*r = recentTag{tag, l.label(tag)}
		}
		if r.label.Value != "" {
			list = append(list, r.label)
		}
	}
	if s.Host != "" {
		list = append(list, Label{hostLabel, proto.Valid(s.Host)})
	}
	if s.Device != "" {
		list = append(list, Label{deviceLabel, proto.Valid(s.Device)})
	}
	if !distinct(list) {
		sortLabels(list)
		list = l.join(list)
	}
	l.list = list
	return list
}

// distinct reports whether list is sorted by keys, each of which comes once. As tags come
// sorted, that is nearly always so.
func distinct(list []Label) bool {
	for i := 1; i < len(list); i++ {
		if list[i].Key <= list[i-1].Key {
			return false
		}
	}
	return true
}

// Forget lets go of the strings of a batch.
func (l *Labels) Forget() {
	clear(l.list[:cap(l.list)])
	clear(l.recent[:])
}

// label returns what a tag becomes.
func (l *Labels) label(tag string) Label {
	key, value := tag, bareValue
	if colon := strings.IndexByte(tag, ':'); colon >= 0 {
		key, value = tag[:colon], tag[colon+1:]
	}
	if value == "" {
		return Label{}
	}
	return Label{l.name(key), proto.Valid(value)}
}

// name is LabelName, which it remembers.
func (l *Labels) name(key string) string {
	if plainLabel(key) {
		return key
	}
	if name, ok := l.spelled[key]; ok {
		return name
	}
	name := LabelName(key)
	if len(key) <= maxRemembered {
		l.remember(key, name)
	}
	return name
}

func (l *Labels) remember(key, text string) {
	if l.spelled == nil || len(l.spelled) >= maxSpelled {
		l.spelled = map[string]string{}
	}
	l.spelled[strings.Clone(key)] = text
}

// sortLabels sorts by key and then value. Tags that are sorted nearly are by key.
func sortLabels(list []Label) {
	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && compareLabels(list[j], list[j-1]) < 0; j-- {
			if i-j == 32 { // not nearly, then
				slices.SortFunc(list, compareLabels)
				return
			}
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

func compareLabels(x, y Label) int {
	if x.Key != y.Key {
		return strings.Compare(x.Key, y.Key)
	}
	return cmp.Compare(x.Value, y.Value)
}

// join makes one label of those with one key.
func (l *Labels) join(list []Label) []Label {
	out := list[:0]
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Key == list[0].Key {
			n++
		}
		label := list[0]
		if n > 1 {
			label.Value = l.joinValues(list[:n])
		}
		out = append(out, label)
		list = list[n:]
	}
	return out
}

// joinValues returns the distinct values of labels with commas between them. It
// remembers them beside the names, behind a colon, which no key of a tag has.
func (l *Labels) joinValues(list []Label) string {
	text := append(l.joined[:0], ':')
	for i := range list {
		if i > 0 && list[i].Value == list[i-1].Value {
			continue
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, list[i].Value...)
	}
	l.joined = text
	if value, ok := l.spelled[string(text)]; ok {
		return value
	}
	value := string(text[1:])
	if len(value) <= maxRemembered {
		l.remember(string(text), value)
	}
	return value
}

// AppendIdentity appends what tells a series from all others on the wire: its name
// there and its labels. It allocates, and may be called by any goroutine.
func AppendIdentity(dst []byte, s *transport.Series) []byte {
	var l Labels
	return AppendKey(dst, string(AppendName(nil, s.Name, s.Kind)), l.Of(s))
}

// AppendKey is AppendIdentity for a name and labels that are known.
func AppendKey(dst []byte, name string, labels []Label) []byte {
	dst = protowire.AppendString(dst, name)
	for i := range labels {
		dst = protowire.AppendString(dst, labels[i].Key)
		dst = protowire.AppendString(dst, labels[i].Value)
	}
	return dst
}

// AppendLabels appends each label as a message of a name, field 1, and a value, field 2.
func AppendLabels(dst []byte, field protowire.Number, labels []Label) []byte {
	for i := range labels {
		dst = appendLabel(dst, field, labels[i].Key, labels[i].Value)
	}
	return dst
}

// appendLabel appends one label as AppendLabels does; field is below 16, and the strings
// are valid UTF-8.
func appendLabel(dst []byte, field protowire.Number, key, value string) []byte {
	if size := 4 + len(key) + len(value); size < 0x80 { // each length is one byte, as for nearly all
		dst = append(dst, byte(field)<<3|byte(protowire.BytesType), byte(size), 1<<3|byte(protowire.BytesType), byte(len(key)))
		dst = append(dst, key...)
		dst = append(dst, 2<<3|byte(protowire.BytesType), byte(len(value)))
		return append(dst, value...)
	}
	dst = proto.AppendTag(dst, field, protowire.BytesType)
	dst = proto.AppendLen(dst, proto.FieldSize(len(key))+proto.FieldSize(len(value)))
	dst = proto.AppendString(dst, 1, key)
	return proto.AppendString(dst, 2, value)
}
