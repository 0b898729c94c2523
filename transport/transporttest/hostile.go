package transporttest

import (
	"bytes"
	"compress/gzip"
	"strings"
	"sync"
)

// hostile is one way of answering that no peer should have. The connection is
// closed when answer returns.
type hostile struct {
	name       string
	answer     func(w *wire)
	early      bool // without having read the request's body
	maySucceed bool // the answer says yes before it goes wrong
}

const (
	okHead = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	noHead = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n"
)

var (
	kibibytes = strings.Repeat("All work and no play makes a peer. ", 1<<11)
	nonsense  = "\x00\xff\xfe\r\n\x1b[31m{\"status\": \"ok\"\n\u2028</html>\x80" + strings.Repeat("\xf0\x9f\x92", 40)
)

// bomb is a gigabyte of zeros, compressed to a megabyte: one mebibyte, again and again.
var bomb = sync.OnceValue(func() string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(make([]byte, 1<<20))
	_ = z.Close()
	return strings.Repeat(b.String(), 1<<10)
})

var hostiles = [...]hostile{
	{name: "says nothing", answer: (*wire).gone},
	{name: "hangs up", answer: func(*wire) {}},
	{name: "hangs up without reading the request", early: true, answer: func(*wire) {}},
	{name: "does not speak HTTP", answer: func(w *wire) { w.say("220 mail.example.com ESMTP\r\n"); w.gone() }},
	{name: "says binary nonsense", answer: func(w *wire) { w.forever(nonsense) }},
	{name: "begins before it has read, and never ends", early: true, maySucceed: true, answer: func(w *wire) {
		w.say(okHead + "\r\n")
		w.forever(kibibytes)
	}},
	{name: "says yes for 10 GB", maySucceed: true, answer: func(w *wire) {
		w.say(okHead + "Content-Length: 10737418240\r\n\r\n")
		w.forever(kibibytes)
	}},
	{name: "says no for 10 GB", answer: func(w *wire) {
		w.say(noHead + "Content-Length: 10737418240\r\n\r\n")
		w.forever(kibibytes)
	}},
	{name: "says no in chunks without an end", answer: func(w *wire) {
		w.say(noHead + "Transfer-Encoding: chunked\r\n\r\n")
		for w.sayf("%x\r\n", len(kibibytes)) && w.say(kibibytes) && w.say("\r\n") {
		}
	}},
	{name: "has a header line without an end", answer: func(w *wire) { w.say(okHead + "X-Long: "); w.forever(kibibytes) }},
	{name: "has header lines without an end", answer: func(w *wire) {
		w.say(okHead)
		for i := 0; w.sayf("X-Line-%d: %d\r\n", i, i); i++ {
		}
	}},
	{name: "has trailers without an end", maySucceed: true, answer: func(w *wire) {
		w.say(okHead + "Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n0\r\n")
		w.forever("X-T: again\r\n")
	}},
	{name: "promises an answer without an end", answer: func(w *wire) { w.forever("HTTP/1.1 102 Processing\r\n\r\n") }},
	{name: "says its header a byte at a time", answer: func(w *wire) { w.slowly(noHead + strings.Repeat("X-Slow: y\r\n", 1000)) }},
	{name: "says its no a byte at a time", answer: func(w *wire) { w.say(noHead + "\r\n"); w.slowly("no, ") }},
	{name: "says its yes a byte at a time", maySucceed: true, answer: func(w *wire) { w.say(okHead + "\r\n"); w.slowly("yes, ") }},
	{name: "says less than it announces", maySucceed: true, answer: func(w *wire) { w.say(okHead + "Content-Length: 500\r\n\r\nyes") }},
	{name: "says more than it announces", maySucceed: true, answer: func(w *wire) { w.say(okHead + "Content-Length: 2\r\n\r\n{}, and more") }},
	{name: "announces a negative length", answer: func(w *wire) { w.say(okHead + "Content-Length: -7\r\n\r\n{}") }},
	{name: "announces two lengths", answer: func(w *wire) { w.say(okHead + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}!") }},
	{name: "has chunks of no length", maySucceed: true, answer: func(w *wire) {
		w.say(okHead + "Transfer-Encoding: chunked\r\n\r\nxyzzy\r\nyes\r\n0\r\n\r\n")
	}},
	{name: "calls nonsense gzip", maySucceed: true, answer: func(w *wire) {
		w.say(okHead + "Content-Encoding: gzip\r\n\r\n" + nonsense)
	}},
	{name: "calls nonsense gzip in a no", answer: func(w *wire) {
		w.say(noHead + "Content-Encoding: gzip\r\n\r\n" + nonsense)
	}},
	{name: "says yes in a gzip bomb", maySucceed: true, answer: func(w *wire) {
		w.sayf("%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", okHead, len(bomb()))
		w.say(bomb())
	}},
	{name: "says no in a gzip bomb", answer: func(w *wire) {
		w.sayf("%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", noHead, len(bomb()))
		w.say(bomb())
	}},
	{name: "has nonsense in a yes", maySucceed: true, answer: func(w *wire) { w.say(okHead + "\r\n" + nonsense) }},
	{name: "has nonsense in a no", answer: func(w *wire) { w.say(noHead + "\r\n" + nonsense + kibibytes) }},
	{name: "has a status of no number", answer: func(w *wire) { w.say("HTTP/1.1 yes OK\r\n\r\n") }},
	{name: "has a status that there is not", answer: func(w *wire) { w.say("HTTP/1.1 999 So What\r\nContent-Length: 0\r\n\r\n") }},
	{name: "has a status that ends nothing", answer: func(w *wire) {
		w.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
		w.gone()
	}},
	{name: "asks for a wait of ages", answer: func(w *wire) {
		w.say("HTTP/1.1 503 Busy\r\nRetry-After: 99999999999999999999999\r\nContent-Length: 0\r\n\r\n")
	}},
	{name: "asks for a wait in the past", answer: func(w *wire) {
		w.say("HTTP/1.1 429 Busy\r\nRetry-After: -1e400\r\nContent-Length: 0\r\n\r\n")
	}},
	{name: "sends in a circle", answer: func(w *wire) { w.say("HTTP/1.1 307 Around\r\nLocation: \r\nContent-Length: 0\r\n\r\n") }},
	{name: "sends to a file", answer: func(w *wire) {
		w.say("HTTP/1.1 308 There\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")
	}},
	{name: "sends to nonsense", answer: func(w *wire) {
		w.say("HTTP/1.1 307 There\r\nLocation: ht!tp://[::1\x01%zz\r\nContent-Length: 0\r\n\r\n")
	}},
}
