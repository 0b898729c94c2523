// Package encode measures what it costs to put series onto each wire, beside the
// encoders that others have for the same wire.
//
// Ours are measured through Transport.Send: encoding, cutting into requests or
// datagrams, and handing them over. HTTP requests end in a RoundTripper that reads
// the body and answers at once; datagrams go to a socket on loopback that nobody
// reads, in the sizes that the packages have by default. The system calls for as
// many datagrams of the same sizes are measured beside, in each round, and taken
// off. Compression is off where it can be, and has rows of its own.
//
// Of the peers the same is measured: from figures in memory to bytes handed over.
// What each of them is given, and what it leaves out, stands beside it.
//
// Rounds of ours and of the peers alternate, and the figure is the median over the
// rounds: what interrupts a round spoils that round only. Allocations are counted
// for a batch and for one of a tenth of its size, so that what a request costs is
// told from what a series costs.
//
// cmd/report -what encode prints the table. Nothing here passes or fails by a time.
package encode
