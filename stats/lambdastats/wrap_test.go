package lambdastats_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/stats/lambdastats"
)

type event struct{ Name string }

type answer struct{ Code int }

// named is a handler's type with a name of its own.
type named func(context.Context, event) (answer, error)

// ownContext has the methods of context.Context, which is what lambda.Start asks for.
type ownContext interface{ context.Context }

// call calls a function as aws-lambda-go does, by reflection.
func call(f any, args ...any) []any {
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		in[i] = reflect.ValueOf(a)
	}
	var out []any
	for _, v := range reflect.ValueOf(f).Call(in) {
		out = append(out, v.Interface())
	}
	return out
}

func TestEveryShapeKeepsItsTypeAndFlushesBeforeItAnswers(t *testing.T) {
	c, sent := newClient(t)
	wrong := errors.New("wrong")
	ctx, in := t.Context(), event{"e"}
	count := func() { c.Distribution("calls", 1) }
	countIn := func(ctx context.Context) { lambdastats.Metric(ctx, "calls", 1) }
	for _, tc := range []struct {
		name    string
		handler any
		args    []any
		want    []any
	}{
		{"nothing", func() { count() }, nil, nil},
		{"event", func(e event) { assert.Equal(t, in, e); count() }, []any{in}, nil},
		{"event of any type", func(e any) { assert.Equal(t, in, e); count() }, []any{in}, nil},
		{"error", func() error { count(); return wrong }, nil, []any{wrong}},
		{"no error", func() error { count(); return nil }, nil, []any{nil}},
		{"event, error", func(e event) error { assert.Equal(t, in, e); count(); return wrong }, []any{in}, []any{wrong}},
		{"answer", func() (answer, error) { count(); return answer{1}, wrong }, nil, []any{answer{1}, wrong}},
		{"event, answer", func(e event) (answer, error) { assert.Equal(t, in, e); count(); return answer{2}, nil }, []any{in}, []any{answer{2}, nil}},
		{"context", func(ctx context.Context) { countIn(ctx) }, []any{ctx}, nil},
		{"context, error", func(ctx context.Context) error { countIn(ctx); return wrong }, []any{ctx}, []any{wrong}},
		{"context, answer", func(ctx context.Context) (*answer, error) { countIn(ctx); return &answer{3}, nil }, []any{ctx}, []any{&answer{3}, nil}},
		{"context, event", func(ctx context.Context, e event) { assert.Equal(t, in, e); countIn(ctx) }, []any{ctx, in}, nil},
		{"context, event, error", func(ctx context.Context, e *event) error { assert.Equal(t, &in, e); countIn(ctx); return wrong }, []any{ctx, &in}, []any{wrong}},
		{"context, event, answer", func(ctx context.Context, e event) (answer, error) {
			assert.Equal(t, in, e)
			countIn(ctx)
			return answer{4}, nil
		}, []any{ctx, in}, []any{answer{4}, nil}},
		{"a named type", named(func(ctx context.Context, _ event) (answer, error) { countIn(ctx); return answer{5}, wrong }), []any{ctx, in}, []any{answer{5}, wrong}},
		{"a context of another name", func(ctx ownContext, _ event) error { countIn(ctx); return nil }, []any{ctx, in}, []any{nil}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sent.Reset()
			wrapped := lambdastats.Wrap(c, tc.handler)
			require.Equal(t, reflect.TypeOf(tc.handler), reflect.TypeOf(wrapped))
			assert.Equal(t, tc.want, call(wrapped, tc.args...))
			assert.Equal(t, 1, sent.Sends())
			assert.InDelta(t, 1, sent.Sum("calls"), 0)
		})
	}
}

func TestAnObjectWithInvokeStaysOne(t *testing.T) {
	c, sent := newClient(t)
	wrong := errors.New("wrong")
	h := handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
		lambdastats.Metric(ctx, "bytes", float64(len(payload)))
		return append(payload, '!'), wrong
	})
	for _, wrapped := range []lambdastats.Handler{
		lambdastats.WrapHandler(c, h),
		lambdastats.Wrap(c, h).(lambdastats.Handler), // though it is a function too
	} {
		sent.Reset()
		got, err := wrapped.Invoke(t.Context(), []byte("abc"))
		assert.Equal(t, "abc!", string(got))
		assert.ErrorIs(t, err, wrong)
		assert.InDelta(t, 3, sent.Sum("bytes"), 0)
	}
}

func TestFuncKeepsTypesWithoutReflection(t *testing.T) {
	c, sent := newClient(t)
	wrapped := lambdastats.Func(c, func(ctx context.Context, e event) (answer, error) {
		lambdastats.Metric(ctx, "calls", 1, "name:"+e.Name)
		return answer{7}, nil
	})
	got, err := wrapped(t.Context(), event{"x"})
	require.NoError(t, err)
	assert.Equal(t, answer{7}, got)
	assert.InDelta(t, 1, sent.Sum("calls", "name:x"), 0)
}

func TestAWrongHandlerSaysSoAtOnceAndAtEachInvocation(t *testing.T) {
	c, _ := newClient(t)
	for _, tc := range []struct {
		name    string
		handler any
		problem string
	}{
		{"nil", nil, "the handler is nil"},
		{"no function", "handle", "is a string: want a function"},
		{"a nil function", (func(context.Context, event) error)(nil), "is a nil func"},
		{"a nil function of a common shape", (func() error)(nil), "is a nil func"},
		{"another nil function of a common shape", (func(context.Context) error)(nil), "is a nil func"},
		{"three arguments", func(context.Context, event, event) {}, "takes 3 arguments"},
		{"two events", func(event, event) {}, "the first has to be a context.Context"},
		{"an interface that is no context", func(error) {}, "no event can be read into"},
		{"three results", func() (answer, answer, error) { return answer{}, answer{}, nil }, "returns 3 values"},
		{"no error", func() answer { return answer{} }, "want an error"},
		{"two answers", func() (answer, event) { return answer{}, event{} }, "want an error"},
		{"variadic", func(...event) {}, "is variadic"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := lambdastats.Check(tc.handler)
			require.ErrorContains(t, err, tc.problem)

			var log logbook
			wrapped := lambdastats.Wrap(c, tc.handler, lambdastats.WithLogger(log.logger()))
			assert.Contains(t, log.String(), tc.problem, "before any invocation")
			f, ok := wrapped.(func(context.Context) error)
			require.True(t, ok, "a shape that lambda.Start takes, whatever the event")
			assert.EqualError(t, f(t.Context()), err.Error())
		})
	}
}

func TestCheckTakesWhatWrapTakes(t *testing.T) {
	assert.NoError(t, lambdastats.Check(func(context.Context, event) (answer, error) { return answer{}, nil }))
	assert.NoError(t, lambdastats.Check(handlerFunc(nil)), "an object looks after itself")
}
