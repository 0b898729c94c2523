package replay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxLine is the longest line of a log that is read.
const maxLine = 8 << 20

// LineError says what is wrong with one line of a log. The lines after it can be
// read all the same.
type LineError struct {
	Line int // from 1
	Err  error
}

// Error names the line.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// ReadLog returns the operations of a log, one line at a time as they are asked
// for. Empty lines and those that begin with # are left out. A line that is wrong
// comes as a *LineError, and the next line follows; any other error is r's and
// the last.
func ReadLog(r io.Reader) iter.Seq2[Op, error] {
	return func(yield func(Op, error) bool) {
		lines := bufio.NewReaderSize(r, 64<<10)
		for number := 1; ; number++ {
			line, err := readLine(lines)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil && !errors.Is(err, errLongLine) {
				yield(Op{}, err)
				return
			}
			line = bytes.TrimSpace(line)
			if err == nil && (len(line) == 0 || line[0] == '#') {
				continue
			}
			var op Op
			if err == nil {
				op, err = ParseOp(line)
			}
			if err != nil {
				op, err = Op{}, &LineError{number, err}
			}
			if !yield(op, err) {
				return
			}
		}
	}
}

var errLongLine = fmt.Errorf("longer than %d bytes", maxLine)

// readLine returns the next line, io.EOF after the last. Of one that is too long
// it reads on to its end and returns errLongLine. A last line needs no line end.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxLine; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (long || len(line) > 0):
		case err != nil:
			return nil, err
		}
		if long {
			return nil, errLongLine
		}
		return line, nil
	}
}
