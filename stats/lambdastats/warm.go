package lambdastats

import (
	"context"
	"fmt"
	"time"
)

// warm starts the warm-up if this is the first invocation. cool ends it, once the
// flush has opened its connection or failed to: a process must not be frozen in
// the middle of a handshake that nobody needs.
func (w *wrapper) warm(ctx context.Context) (cool func()) {
	cool = func() {}
	if w.cfg.warmer == nil {
		return cool
	}
	w.warmed.Do(func() {
		limit := warmTimeout
		if deadline, ok := ctx.Deadline(); ok {
			limit = min(limit, time.Until(deadline))
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		cool = cancel
		go func() {
			defer cancel()
			w.validate(ctx)
		}()
	})
	return cool
}

func (w *wrapper) validate(ctx context.Context) {
	defer func() {
		if v := recover(); v != nil {
			w.cfg.log().Error("lambdastats: the warm-up panicked", "panic", fmt.Sprint(v))
		}
	}()
	// What ended because its time was over says nothing about the connection.
	if err := w.cfg.warmer.Validate(ctx); err != nil && ctx.Err() == nil {
		w.cfg.log().Warn("lambdastats: the warm-up failed", "error", err)
	}
}
