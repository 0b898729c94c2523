// Package jsonenc appends JSON values to byte slices, for transports that write
// JSON on every flush and must not allocate for each value.
//
// Whatever the input, what is appended is one valid JSON value on one line: no
// string can end its own quotes, add a field or break a line.
package jsonenc
