// Package transport is the contract between the library and a backend, and
// the data that crosses it. It imports nothing of the library, so a custom
// transport needs this package and no other.
//
// # What a transport does
//
// The flusher hands a [Batch] to [Transport.Send], which makes one attempt to
// deliver it and says what became of it. Queueing, retries, back-off and the
// books are the flusher's work. A transport that cannot say more than "it
// worked" or "it did not" is complete:
//
//	type lines struct {
//		w      io.Writer
//		closed atomic.Bool
//	}
//
//	func (l *lines) Send(_ context.Context, b *transport.Batch) error {
//		if l.closed.Load() {
//			return transport.ErrClosed
//		}
//		sent := 0 // so that a retry does not repeat what went out
//		for i := range b.Series {
//			s := &b.Series[i]
//			for _, p := range s.Points {
//				if _, err := fmt.Fprintln(l.w, p.Unix, s.Name, s.Tags, p.Value); err != nil {
//					return &transport.SendError{Outcome: transport.Retry, Delivered: sent, Err: err}
//				}
//				sent++
//			}
//		}
//		return nil
//	}
//
//	func (l *lines) Close(context.Context) error { l.closed.Store(true); return nil }
//
// # What it may rely on
//
//   - One goroutine calls Send at a time; Close comes after the last Send has
//     returned or has been given up on.
//   - Every value in a Batch is finite; names are not empty; tags are distinct,
//     valid UTF-8 without control characters, and sorted but in the ThreadStats
//     profile. What else a wire reserves, the transport replaces itself, and
//     nobody does it before it.
//   - An [Event] or a [ServiceCheck] comes alone in a Batch, and only to a
//     transport whose [Description] takes them. Its texts may have line feeds.
//
// # What it must keep to
//
//   - A Batch is shared with other transports and reused: it is read only and
//     gone when Send returns. Under the build tag statsinvariants the flusher
//     scribbles over it then.
//   - Points are delivered in order, so that a count of leading points says
//     which ones ([SendError.Delivered]).
//   - A context that has ended says nothing about the points: the Send is Retry
//     or Unknown then. After Close it fails, with [ErrClosed] as the cause.
//
// Package transporttest has these rules as a test suite.
//
// # Temporality
//
// Some backends add up what arrives for one series and time, others keep the
// last value, and some want running totals. A transport says so for each kind
// ([TemporalityReporter]), and the flusher then sends a late part alone, or the
// merged whole again with a higher [Point.Rev], or a total that has grown by it,
// with a later time ([Cumulative]).
package transport
