package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/shardstats/shardstats/bench/replay"
	"github.com/shardstats/shardstats/stats"
)

// printer replays a file and prints what is sent.
type printer struct {
	*settings
	out        *bufio.Writer
	complaints io.Writer
}

func (p *printer) printf(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

// flush prints one flush: what it is called, and the requests by profile.
func (p *printer) flush(title string, f *replay.Flush) {
	if p.quiet {
		return
	}
	p.printf("== %s\n", title)
	for _, profile := range p.profiles {
		requests := f.Of(profile)
		if len(requests) == 0 {
			p.printf("\n-- %s: nothing\n", replay.ProfileName(profile))
			continue
		}
		p.printf("\n-- %s\n", replay.ProfileName(profile))
		for _, r := range requests {
			p.printf("%s %s\n%s\n", r.Method, r.Path, pretty(r.Body))
		}
	}
	p.printf("\n")
}

// pretty sets a body so that it can be read and compared line by line: each
// series on a line of its own, any other object indented.
func pretty(body []byte) string {
	var content struct {
		Series []json.RawMessage `json:"series"`
	}
	var b bytes.Buffer
	if json.Unmarshal(body, &content) == nil && len(content.Series) > 0 {
		b.WriteString("{\"series\": [\n")
		for i, series := range content.Series {
			b.WriteString("  ")
			b.Write(bytes.TrimSpace(series))
			if i < len(content.Series)-1 {
				b.WriteByte(',')
			}
			b.WriteByte('\n')
		}
		b.WriteString("]}")
		return b.String()
	}
	if err := json.Indent(&b, body, "", "  "); err != nil {
		return string(body)
	}
	return b.String()
}

// ledger prints what did not arrive, and why. No line if all did.
func (p *printer) ledger(l stats.Ledger) {
	for _, reason := range slices.Sorted(maps.Keys(l.Refused)) {
		p.printf("refused: %d submissions, %s\n", l.Refused[reason], reason)
	}
	p.dropped("points", l.Transports)
	p.dropped("events or checks", l.Events)
}

func (p *printer) dropped(what string, books []stats.Books) {
	for _, b := range books {
		for _, reason := range slices.Sorted(maps.Keys(b.Dropped)) {
			p.printf("dropped: %d %s, %s, %s\n", b.Dropped[reason], what, reason, strings.TrimSuffix(b.Transport, " events"))
		}
	}
}
