package remotewrite_test

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// What a strict reader makes of a request: anything odd is an error.

type wireLabel struct{ name, value string }

type wireSample struct {
	value     float64
	at, start int64
}

type wireSeries struct {
	labels     []wireLabel
	samples    []wireSample
	histograms []wireHistogram
	kind       uint64 // 2.0
	help, unit string // 2.0
}

func (s *wireSeries) get(label string) string {
	for _, l := range s.labels {
		if l.name == label {
			return l.value
		}
	}
	return ""
}

type wireMetadata struct {
	kind             uint64
	name, help, unit string
}

type wireRequest struct {
	series   []wireSeries
	metadata []wireMetadata
}

// field is one field of a message.
type field struct {
	number   protowire.Number
	kind     protowire.Type
	raw      []byte // of a message, string or packed list
	number64 uint64
}

func (f field) float() float64 { return math.Float64frombits(f.number64) }

func (f field) zigzag() int64 { return protowire.DecodeZigZag(f.number64) }

// fields reads a message whose fields are of the types in want. Only those in often
// come more than once.
func fields(message []byte, want map[protowire.Number]protowire.Type, often ...protowire.Number) ([]field, error) {
	var all []field
	seen := map[protowire.Number]bool{}
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		message = message[n:]
		if expected, ok := want[number]; !ok || kind != expected {
			return nil, fmt.Errorf("field %d of type %d", number, kind)
		}
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			f.number64, n = protowire.ConsumeVarint(message)
		case protowire.Fixed64Type:
			f.number64, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			f.raw, n = protowire.ConsumeBytes(message)
		}
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		message = message[n:]
		if seen[number] && !slices.Contains(often, number) {
			return nil, fmt.Errorf("field %d comes twice", number)
		}
		seen[number] = true
		all = append(all, f)
	}
	return all, nil
}

const (
	varint  = protowire.VarintType
	fixed64 = protowire.Fixed64Type
	bytesOf = protowire.BytesType
)

type types = map[protowire.Number]protowire.Type

func readV1(body []byte) (*wireRequest, error) {
	top, err := fields(body, types{1: bytesOf, 3: bytesOf}, 1, 3)
	if err != nil {
		return nil, err
	}
	var req wireRequest
	for _, f := range top {
		if f.number == 3 {
			all, err := fields(f.raw, types{1: varint, 2: bytesOf, 4: bytesOf, 5: bytesOf})
			if err != nil {
				return nil, fmt.Errorf("metadata: %w", err)
			}
			var m wireMetadata
			for _, f := range all {
				switch f.number {
				case 1:
					m.kind = f.number64
				case 2:
					m.name = string(f.raw)
				case 4:
					m.help = string(f.raw)
				case 5:
					m.unit = string(f.raw)
				}
			}
			if !nameOf.MatchString(m.name) || !utf8.ValidString(m.help) {
				return nil, fmt.Errorf("metadata %+v", m)
			}
			req.metadata = append(req.metadata, m)
			continue
		}
		all, err := fields(f.raw, types{1: bytesOf, 2: bytesOf, 4: bytesOf}, 1)
		if err != nil {
			return nil, fmt.Errorf("series: %w", err)
		}
		var s wireSeries
		for _, f := range all {
			switch f.number {
			case 1:
				pair, err := fields(f.raw, types{1: bytesOf, 2: bytesOf})
				if err != nil || len(pair) != 2 || pair[0].number != 1 {
					return nil, fmt.Errorf("label: %v %w", pair, err)
				}
				s.labels = append(s.labels, wireLabel{string(pair[0].raw), string(pair[1].raw)})
			default:
				if err := s.read(f.raw, f.number == 4, false); err != nil {
					return nil, err
				}
			}
		}
		if err := s.check(); err != nil {
			return nil, err
		}
		req.series = append(req.series, s)
	}
	return &req, nil
}

func readV2(body []byte) (*wireRequest, error) {
	top, err := fields(body, types{4: bytesOf, 5: bytesOf}, 4, 5)
	if err != nil {
		return nil, err
	}
	var symbols []string
	var used []bool
	known := map[string]bool{}
	var req wireRequest
	for _, f := range top {
		if f.number == 4 {
			text := string(f.raw)
			if known[text] || !utf8.ValidString(text) || len(symbols) == 0 && text != "" || len(req.series) > 0 {
				return nil, fmt.Errorf("symbol %q", text)
			}
			known[text] = true
			symbols, used = append(symbols, text), append(used, text == "")
			continue
		}
		symbol := func(ref uint64) (string, error) {
			if ref >= uint64(len(symbols)) {
				return "", fmt.Errorf("symbol %d of %d", ref, len(symbols))
			}
			used[ref] = true
			return symbols[ref], nil
		}
		all, err := fields(f.raw, types{1: bytesOf, 2: bytesOf, 3: bytesOf, 5: bytesOf})
		if err != nil {
			return nil, fmt.Errorf("series: %w", err)
		}
		var s wireSeries
		for _, f := range all {
			switch f.number {
			case 1:
				var texts []string
				for raw := f.raw; len(raw) > 0; {
					ref, n := protowire.ConsumeVarint(raw)
					if n < 0 {
						return nil, protowire.ParseError(n)
					}
					raw = raw[n:]
					text, err := symbol(ref)
					if err != nil {
						return nil, err
					}
					texts = append(texts, text)
				}
				if len(texts)%2 != 0 {
					return nil, errors.New("half a label")
				}
				for i := 0; i < len(texts); i += 2 {
					s.labels = append(s.labels, wireLabel{texts[i], texts[i+1]})
				}
			case 5:
				meta, err := fields(f.raw, types{1: varint, 3: varint, 4: varint})
				if err != nil {
					return nil, fmt.Errorf("metadata: %w", err)
				}
				for _, f := range meta {
					var err error
					switch f.number {
					case 1:
						s.kind = f.number64
					case 3:
						s.help, err = symbol(f.number64)
					case 4:
						s.unit, err = symbol(f.number64)
					}
					if err != nil {
						return nil, err
					}
				}
			default:
				if err := s.read(f.raw, f.number == 3, true); err != nil {
					return nil, err
				}
			}
		}
		if err := s.check(); err != nil {
			return nil, err
		}
		if s.kind == 0 {
			return nil, errors.New("a series without a type")
		}
		req.series = append(req.series, s)
	}
	for i := range used {
		if !used[i] {
			return nil, fmt.Errorf("symbol %d, %q, is not used", i, symbols[i])
		}
	}
	return &req, nil
}

// read reads a sample or a histogram.
func (s *wireSeries) read(raw []byte, histogram, start bool) error {
	if histogram {
		h, err := readHistogram(raw, start)
		if err != nil {
			return fmt.Errorf("histogram: %w", err)
		}
		s.histograms = append(s.histograms, h)
		return nil
	}
	want := types{1: fixed64, 2: varint}
	if start {
		want[3] = varint
	}
	all, err := fields(raw, want)
	if err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	var out wireSample
	for _, f := range all {
		switch f.number {
		case 1:
			out.value = f.float()
		case 2:
			out.at = int64(f.number64)
		case 3:
			out.start = int64(f.number64)
		}
	}
	s.samples = append(s.samples, out)
	return nil
}

var (
	nameOf  = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelOf = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

// check holds labels to what the protocol says.
func (s *wireSeries) check() error {
	if len(s.samples)+len(s.histograms) != 1 {
		return fmt.Errorf("%d samples and %d histograms", len(s.samples), len(s.histograms))
	}
	for i, l := range s.labels {
		switch {
		case i > 0 && l.name <= s.labels[i-1].name:
			return fmt.Errorf("labels %q are not sorted", s.labels)
		case l.value == "" || !utf8.ValidString(l.value):
			return fmt.Errorf("label %q", l)
		case l.name == "__name__":
			if !nameOf.MatchString(l.value) {
				return fmt.Errorf("name %q", l.value)
			}
		case !labelOf.MatchString(l.name) || l.name[0] == '_' && len(l.name) > 1 && l.name[1] == '_':
			return fmt.Errorf("label %q", l)
		}
	}
	if s.get("__name__") == "" {
		return fmt.Errorf("no name among %q", s.labels)
	}
	return nil
}
