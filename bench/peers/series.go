package peers

import "strconv"

// What the series of each kind are called. Every library takes these names as they
// are. They are of one length, so that kinds can be compared.
const (
	counterName   = "http_requests"
	gaugeName     = "http_sessions"
	histogramName = "http_duration"
)

// The keys of the three tags, and what each value starts with: libraries that take
// keys and values apart have as much to build as those that take them together.
const (
	routeKey, methodKey, statusKey          = "route", "method", "status"
	routePrefix, methodPrefix, statusPrefix = "u", "m", "s"
)

// Tags of the one series that has literal strings.
const (
	literalRoute, literalMethod, literalStatus = "users", "GET", "200"
	literalRouteTag                            = routeKey + ":" + literalRoute
	literalMethodTag                           = methodKey + ":" + literalMethod
	literalStatusTag                           = statusKey + ":" + literalStatus
)

// Series is one series, with strings that the caller keeps.
type Series struct {
	ID     string    // what the value of each tag ends in
	Tags   [3]string // "key:value"
	Values [3]string // the values alone, parts of Tags
}

// NewSeries returns series number i, with tags of up to 14 bytes if i has up to six
// digits.
func NewSeries(i int) Series { return newSeries(strconv.Itoa(i)) }

// newSeries returns the series of an ID.
func newSeries(id string) Series {
	s := Series{ID: id, Tags: [3]string{
		routeKey + ":" + routePrefix + id, methodKey + ":" + methodPrefix + id, statusKey + ":" + statusPrefix + id,
	}}
	s.Values = [3]string{
		s.Tags[0][len(routeKey)+1:], s.Tags[1][len(methodKey)+1:], s.Tags[2][len(statusKey)+1:],
	}
	return s
}

// NewSeriesSet returns the series 0 to n-1.
func NewSeriesSet(n int) []Series {
	all := make([]Series, n)
	for i := range all {
		all[i] = NewSeries(i)
	}
	return all
}

// newLongSeriesSet returns n series with tags of 29 bytes and more, such as routes have.
func newLongSeriesSet(n int) []Series {
	all := make([]Series, n)
	for i := range all {
		all[i] = newSeries("/api/v1/user/" + strconv.Itoa(100_000_000+i))
	}
	return all
}

// Over says which series are gone over, and where to start: the i-th of two
// goroutines starts elsewhere.
type Over struct {
	Series []Series
	Start  int
}

// walk goes through 0 … length-1 out of order and comes to each. A Submit works on a
// copy, which the compiler keeps in registers, and writes it back at its end: other
// goroutines' walks are near in memory, and one that was written for each submission
// would be measured in place of the library.
type walk struct{ at, step, length int }

// walk returns a walk through the places of o's series.
func (o Over) walk() *walk {
	n := max(1, len(o.Series))
	return &walk{at: o.Start % n, step: coprime(n), length: n}
}

// next returns the next place. It is small enough to be compiled into the loops of
// the adapters.
func (w *walk) next() int {
	if w.at += w.step; w.at >= w.length {
		w.at -= w.length
	}
	return w.at
}

// coprime returns a step of about 0.6 n that has no common factor with n, so that a
// walk by it comes to every place, and to neighbours far apart in time.
func coprime(n int) int {
	if n == 1 {
		return 0
	}
	for step := max(1, n*5/8); ; step++ {
		if gcd(step, n) == 1 {
			return step
		}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// values are observations in no order, between 0 and 1. Their number is a power of
// two.
var values = func() (values [1024]float64) {
	x := uint32(1)
	for i := range values {
		x = x*1664525 + 1013904223 // Numerical Recipes' generator
		values[i] = float64(x>>8) / (1 << 24)
	}
	return values
}()

// value returns the i-th observation.
func value(i int) float64 { return values[i&(len(values)-1)] }
