package lambdastats

import (
	"context"

	"github.com/shardstats/shardstats/stats"
)

// Handler is lambda.Handler of aws-lambda-go.
type Handler interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Wrap returns a handler for lambda.Start that calls handler and flushes c. handler
// is what lambda.Start takes, in the same order of precedence: an object with
// Invoke, which becomes a [Handler], or a function of one of these shapes, which
// becomes a function of the identical type, so that aws-lambda-go reads events and
// writes answers as before:
//
//	func([ctx]) | func([ctx]) error | func([ctx]) (TOut, error)
//	func([ctx,] TIn) | func([ctx,] TIn) error | func([ctx,] TIn) (TOut, error)
//
// If handler is anything else, a nil function included, that is logged at once, and
// the result is a function whose every invocation returns the error of [Check], as
// aws-lambda-go would: the function is deployed and says why it does not work.
//
// A wrapped handler may be called concurrently if handler may. With a nil client
// nothing is flushed and [Metric] discards. Nested wrappers may have different
// clients: the outermost flushes them all, at the same time, by its own options.
//
// Options of lambda.NewHandlerWithOptions that are not about JSON are lost once its
// result is wrapped: give them to lambda.StartWithOptions, and the function here.
func Wrap(c *stats.Client, handler any, opts ...Option) any {
	w := newWrapper(c, opts)
	switch h := handler.(type) {
	case Handler:
		return &wrappedHandler{w, h}
	case func(context.Context) error:
		if h != nil {
			return func(ctx context.Context) error {
				ctx, leave := w.enter(ctx)
				defer leave()
				return h(ctx)
			}
		}
	case func() error:
		if h != nil {
			return func() error {
				_, leave := w.enter(context.Background())
				defer leave()
				return h()
			}
		}
	}
	if err := Check(handler); err != nil {
		w.cfg.log().Error(err.Error())
		return func(context.Context) error { return err }
	}
	return w.reflected(handler)
}

// Func is [Wrap] for the most common shape: the compiler checks it, and no call is
// reflected. f must not be nil.
func Func[TIn, TOut any](c *stats.Client, f func(context.Context, TIn) (TOut, error), opts ...Option) func(context.Context, TIn) (TOut, error) {
	w := newWrapper(c, opts)
	return func(ctx context.Context, in TIn) (TOut, error) {
		ctx, leave := w.enter(ctx)
		defer leave()
		return f(ctx, in)
	}
}

// WrapHandler is [Wrap] for an object with Invoke. h must not be nil.
func WrapHandler(c *stats.Client, h Handler, opts ...Option) Handler {
	return &wrappedHandler{newWrapper(c, opts), h}
}

type wrappedHandler struct {
	wrapper *wrapper
	handler Handler
}

// Invoke implements [Handler].
func (w *wrappedHandler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, leave := w.wrapper.enter(ctx)
	defer leave()
	return w.handler.Invoke(ctx, payload)
}
