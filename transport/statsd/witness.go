package statsd

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// carry writes data to c and waits for the confirmation that Config.Confirm asks for.
// Without an error all of it was delivered. With one, the first written bytes may have
// been, and the others were not.
func (l *link) carry(ctx context.Context, c *conn, data []byte) (written int, err error) {
	if l.cfg.Confirm == ConfirmClose {
		return l.carryWitnessed(ctx, c, data)
	}
	written, err = c.write(ctx, data, l.cfg.Timeout)
	if err == nil && l.cfg.Confirm == ConfirmAck {
		limit := time.NewTimer(l.cfg.Timeout)
		defer limit.Stop()
		err = c.confirmAck(ctx, limit.C)
	}
	return written, err
}

// carryWitnessed writes data to c, ends c, and has the peer show that its process lived
// on.
//
// That c ended in order says that the process had read the lines. It may have been
// killed between that and doing anything with them: then its kernel ends c just the
// same. A second connection tells: the witness, which is made before and used when c
// has ended. A process that lives reads it and ends it in order. One that is dead does
// not read, and its kernel resets a connection on which something comes, or had come,
// that nobody reads.
//
//	witness:  made                                   line feed, our end ► ◄ its end
//	c:              lines, our end ► ◄ its end
//
// The lines come behind it so that both are of one process: c was open when the lines
// reached it, else they would have been answered by a reset, so its process was there
// before and after the witness was made. What our own kernel has heard of c would not
// do, since its end may be on the way. It goes to the address of c, for a name may have
// several.
//
// It has to be used, and by more than an end. Neither that it can be made after c has
// ended, nor that it is ended too, says anything: Linux ends the sockets of a dying
// process one after the other, and those it had accepted often before the one that
// listens (of 300 killed processes, 58 to 85 took a connection after that). A line
// feed alone is an empty line, of which servers take no notice.
func (l *link) carryWitnessed(ctx context.Context, c *conn, data []byte) (written int, err error) {
	witness, err := l.dial(ctx, c.tcp.RemoteAddr().String())
	if err != nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		l.logConnect(false, err)
		return 0, fmt.Errorf("%w: %w", errNoWitness, plain(err))
	}
	defer witness.close()
	if written, err = c.write(ctx, data, l.cfg.Timeout); err != nil {
		return written, err
	}
	if err := l.end(ctx, c); err != nil {
		return written, err
	}
	_, err = witness.write(ctx, emptyLine, l.cfg.Timeout)
	if err == nil {
		err = l.end(ctx, witness)
	}
	if err == nil || ctx.Err() != nil || errors.Is(err, errNotConfirm) {
		return written, err
	}
	return written, fmt.Errorf("%w: %w", errPeerGone, err)
}

var emptyLine = []byte("\n")

// end ends our side of c and waits until the peer has ended its own.
func (l *link) end(ctx context.Context, c *conn) error {
	limit := time.NewTimer(l.cfg.Timeout)
	defer limit.Stop()
	return c.confirmClose(ctx, limit.C)
}
