package datadog

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/cespare/xxhash/v2"
	"google.golang.org/protobuf/encoding/protowire"
)

// texts is a dictionary of strings: its column, and the number of each string.
type texts struct {
	text    []byte // the length and the bytes of each
	numbers map[string]int64
}

// number returns the number of s, which is added if it is new. The empty string is 0.
func (t *texts) number(s string) int64 {
	if s == "" {
		return 0
	}
	n, found := t.numbers[s]
	if !found {
		n = int64(len(t.numbers) + 1)
		t.numbers[s] = n
		t.text = protowire.AppendString(t.text, s)
	}
	return n
}

// resourceKey is what the resources of a series are made of.
type resourceKey struct {
	hostSet      bool
	host, device string
}

// dictionary has the dictionaries of one body. Its columns are emptied by columns.
type dictionary struct {
	names, tags, resources, units texts
	spellings                     spellings

	tagsets     []byte
	tagsetCount int64
	tagsetAt    map[uint64]tagsetEntry // by the hash of its bytes
	numbers     []int64                // of the tags of one set
	set         []byte                 // as it goes into the column
	// before has the tag that came last at each place of a list, since most have the
	// same ones in many places: no need to look these up.
	before []numbered

	resourceLens, resourceTypes, resourceNames []byte
	resourceLists                              map[resourceKey]int64

	origin  int64 // the number of the one there is, or 0
	from    Origin
	origins []byte
}

// numbered is a tag as it was submitted, and its number; 0 for none.
type numbered struct {
	tag    string
	number int64
}

// tagsetEntry is where a set of tags is in the column, and its number.
type tagsetEntry struct {
	start, end int
	number     int64
}

func newDictionary(origin Origin) dictionary {
	d := dictionary{spellings: newSpellings(), tagsetAt: map[uint64]tagsetEntry{}, resourceLists: map[resourceKey]int64{}, from: origin}
	for _, t := range []*texts{&d.names, &d.tags, &d.resources, &d.units} {
		t.numbers = map[string]int64{}
	}
	return d
}

// reset forgets all entries, and whose strings they were.
func (d *dictionary) reset() {
	for _, t := range [...]*texts{&d.names, &d.tags, &d.resources, &d.units} {
		clear(t.numbers)
	}
	clear(d.tagsetAt)
	clear(d.before)
	clear(d.resourceLists)
	d.tagsetCount, d.origin = 0, 0
}

// tagset returns the number of a set of tags: the numbers of its tags, sorted, each once.
func (d *dictionary) tagset(tags []string) int64 {
	if len(tags) == 0 {
		return 0
	}
	d.numbers = d.numbers[:0]
	for i, tag := range tags {
		if i == len(d.before) {
			d.before = append(d.before, numbered{})
		}
		if last := &d.before[i]; last.number == 0 || last.tag != tag {
			*last = numbered{tag, d.tags.number(d.spellings.tag(tag))}
		}
		d.numbers = append(d.numbers, d.before[i].number)
	}
	slices.Sort(d.numbers)
	d.numbers = slices.Compact(d.numbers)
	d.set = protowire.AppendVarint(d.set[:0], protowire.EncodeZigZag(int64(len(d.numbers))))
	last := int64(0)
	for _, n := range d.numbers {
		d.set = appendDelta(d.set, &last, n)
	}
	hash := xxhash.Sum64(d.set)
	known, found := d.tagsetAt[hash]
	if found && bytes.Equal(d.set, d.tagsets[known.start:known.end]) {
		return known.number
	}
	start := len(d.tagsets)
	d.tagsets = append(d.tagsets, d.set...)
	d.tagsetCount++
	if !found { // else two sets have one hash: the second is written out each time
		d.tagsetAt[hash] = tagsetEntry{start, len(d.tagsets), d.tagsetCount}
	}
	return d.tagsetCount
}

// resourceList returns the number of a list of resources, which are a host and a
// device here.
func (d *dictionary) resourceList(k resourceKey) int64 {
	if !k.hostSet {
		k.host = "" // what a series without one has there is not a host
		if k.device == "" {
			return 0
		}
	}
	n, found := d.resourceLists[k]
	if found {
		return n
	}
	n = int64(len(d.resourceLists) + 1)
	d.resourceLists[k] = n
	length, lastType, lastName := uint64(0), int64(0), int64(0)
	add := func(kind, name string) {
		d.resourceTypes = appendDelta(d.resourceTypes, &lastType, d.resources.number(kind))
		d.resourceNames = appendDelta(d.resourceNames, &lastName, d.resources.number(valid(name)))
		length++
	}
	if k.hostSet {
		add("host", k.host)
	}
	if k.device != "" {
		add("device", k.device)
	}
	d.resourceLens = binary.AppendUvarint(d.resourceLens, length)
	return n
}

// addOrigin makes the one origin there is the first entry.
func (d *dictionary) addOrigin() {
	if d.from == (Origin{}) {
		return
	}
	for _, n := range [...]uint32{d.from.Product, d.from.Category, d.from.Service} {
		d.origins = protowire.AppendVarint(d.origins, uint64(n))
	}
	d.origin = 1
}
