// Package post makes the HTTP requests of transports: one at a time, each answered,
// cut off or given up on within its time, and judged by whether the peer can have
// taken it.
//
//	client := post.New(post.Config{Name: "otlp", Peer: url.Host, Timeout: 15 * time.Second})
//	answer, failed := client.Do(ctx, &post.Request{
//		Method: http.MethodPost, URL: url.String(), Body: body,
//		Header: func(h http.Header) { h.Set("Authorization", secret) },
//		Hide:   func(text string) string { … }, // what may be said of a text with a secret
//	})
//	if failed == nil {
//		if r := judge(answer); r != nil {
//			failed = client.Refused(request, r)
//		}
//	}
//
// # What it promises
//
//   - A request of which the peer cannot have read the body is Retry, one whose
//     answer was lost is Unknown, and so is one with a status of 2xx that came before all
//     of the body was sent.
//   - A request that was sent is not sent again, but for a redirect. (net/http would,
//     over HTTP/2 or with an Idempotency-Key.)
//   - At most [MaxAnswer] bytes of an answer are read, and none after the context ended,
//     whatever the peer does. Compressed answers are not asked for, nor unpacked.
//   - A redirect is followed as a 307 or 308 within one host, three times at most:
//     anything else would show the headers to another host, or turn a POST into a GET
//     whose 200 looks like a delivery.
//   - Errors are one line, without a URL and without what Hide finds a secret in.
//
// A Client may be used by several goroutines.
package post
