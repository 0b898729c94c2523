//go:build !statsinvariants

package flush

// invariants turns on checks that cost too much for production.
const invariants = false
