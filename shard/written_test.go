package shard

import (
	"bytes"
	"reflect"
	"strings"
	"unsafe"
)

// How lines_test.go sees which words were written.

// block is a piece of memory, and what it held.
type block struct {
	at   unsafe.Pointer
	was  []byte
	what string // the type, for whoever reads a failure
}

// now returns what the block holds.
func (b *block) now() []byte { return unsafe.Slice((*byte)(b.at), len(b.was)) }

// copyOf copies the memory that the values lead to. Maps, functions, interfaces and
// strings are left out: submitters write none.
func copyOf(roots ...any) []block {
	c := copier{seen: map[unsafe.Pointer]uintptr{}}
	for _, root := range roots {
		c.pointer(reflect.ValueOf(root))
	}
	return c.blocks
}

type copier struct {
	seen   map[unsafe.Pointer]uintptr
	blocks []block
}

// add takes in a block, and reports whether it is new.
func (c *copier) add(at unsafe.Pointer, size uintptr, what reflect.Type) bool {
	if at == nil || size == 0 || c.seen[at] >= size {
		return false
	}
	c.seen[at] = size
	c.blocks = append(c.blocks, block{at, bytes.Clone(unsafe.Slice((*byte)(at), size)), what.String()})
	return true
}

func (c *copier) pointer(p reflect.Value) {
	if !p.IsNil() && c.add(p.UnsafePointer(), p.Type().Elem().Size(), p.Type().Elem()) {
		c.value(p.Elem())
	}
}

func (c *copier) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		c.pointer(v)
	case reflect.Slice:
		if c.add(v.UnsafePointer(), uintptr(v.Cap())*v.Type().Elem().Size(), v.Type()) {
			for i := range v.Len() {
				c.value(v.Index(i))
			}
		}
	case reflect.Array:
		if k := v.Type().Elem().Kind(); k == reflect.Pointer || k == reflect.Struct || k == reflect.Slice || k == reflect.Array {
			for i := range v.Len() {
				c.value(v.Index(i))
			}
		}
	case reflect.Struct:
		if t := v.Type(); t.PkgPath() == "sync/atomic" && strings.HasPrefix(t.Name(), "Pointer[") {
			to := *(*unsafe.Pointer)(v.FieldByName("v").Addr().UnsafePointer())
			c.pointer(reflect.NewAt(t.Field(0).Type.Elem().Elem(), to)) // a field of type [0]*T says what it leads to
			return
		}
		for i := range v.NumField() {
			c.value(v.Field(i))
		}
	}
}

// written returns the lines of so many bytes that hold a byte which differs from the
// copy, with the type of the block each is in, and brings the copy up to date. What
// was allocated since shows in the pointer to it.
func written(blocks []block, size uintptr) map[uintptr]string {
	lines := map[uintptr]string{}
	for i := range blocks {
		b := &blocks[i]
		now := b.now()
		if bytes.Equal(now, b.was) {
			continue
		}
		for j := range now {
			if now[j] != b.was[j] {
				lines[(uintptr(b.at)+uintptr(j))/size] = b.what
			}
		}
		copy(b.was, now)
	}
	return lines
}
