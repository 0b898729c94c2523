package lambdastats

import (
	"context"
	"errors"
	"fmt"
	"reflect"
)

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// Check returns nil if handler is what [Wrap] takes, and else what is wrong with
// it. A test of the function can ask before anything is deployed.
func Check(handler any) error {
	if handler == nil {
		return errors.New("lambdastats: the handler is nil: want a function, or an object with Invoke")
	}
	if _, ok := handler.(Handler); ok {
		return nil
	}
	t := reflect.TypeOf(handler)
	if t.Kind() != reflect.Func {
		return fmt.Errorf("lambdastats: the handler is a %v: want a function, or an object with Invoke(context.Context, []byte) ([]byte, error)", t)
	}
	if problem := problemOf(t); problem != "" {
		return fmt.Errorf("lambdastats: the handler, a %v, %s", t, problem)
	}
	if reflect.ValueOf(handler).IsNil() {
		return fmt.Errorf("lambdastats: the handler is a nil %v: want a function", t)
	}
	return nil
}

// problemOf says what is wrong with a function's type, in the rules of lambda.Start.
func problemOf(t reflect.Type) string {
	switch {
	case t.IsVariadic():
		return "is variadic: want one event, a slice if need be"
	case t.NumIn() > 2:
		return fmt.Sprintf("takes %d arguments: want a context and an event at most", t.NumIn())
	case t.NumIn() == 2 && !isContext(t.In(0)):
		return fmt.Sprintf("takes a %v first: of two arguments the first has to be a context.Context", t.In(0))
	case t.NumIn() == 1 && t.In(0).Kind() == reflect.Interface && t.In(0).NumMethod() > 0 && !isContext(t.In(0)):
		return fmt.Sprintf("takes a %v: no event can be read into an interface with methods", t.In(0))
	case t.NumOut() > 2:
		return fmt.Sprintf("returns %d values: want an answer and an error at most", t.NumOut())
	case t.NumOut() > 0 && !t.Out(t.NumOut()-1).Implements(errorType):
		return fmt.Sprintf("returns a %v last: want an error", t.Out(t.NumOut()-1))
	}
	return ""
}

// isContext reports whether t has the methods of context.Context and no others.
func isContext(t reflect.Type) bool {
	return t.Kind() == reflect.Interface && t.Implements(contextType) && contextType.Implements(t)
}

// reflected wraps a function that passed Check. The result has its type.
func (w *wrapper) reflected(handler any) any {
	f := reflect.ValueOf(handler)
	t := f.Type()
	takesContext := t.NumIn() > 0 && isContext(t.In(0))
	return reflect.MakeFunc(t, func(args []reflect.Value) []reflect.Value {
		var ctx context.Context
		if takesContext {
			ctx, _ = args[0].Interface().(context.Context)
		}
		ctx, leave := w.enter(ctx)
		defer leave()
		if takesContext {
			args[0] = reflect.ValueOf(ctx)
		}
		return f.Call(args)
	}).Interface()
}
