// Package statsd is a transport that sends to a statsd server, over TCP or UDP: the
// original one (Node.js), or what reads its lines, as Telegraf, statsd_exporter,
// gostatsd and Graphite's own.
//
//	t, err := statsd.New(statsd.Config{Address: "statsd.internal:8125", Prefix: "applications.mail.live"})
//	if err != nil {
//		return err
//	}
//	if err := t.Start(ctx); err != nil { // waits for the first connection; optional
//		log.Print(err) // it tries on
//	}
//	client, err := stats.New(stats.WithTransport(t))
//	if err != nil {
//		return err
//	}
//	defer client.Close() // sends the rest, and closes t
//	client.Increment("requests", "route:users")
//	err = t.GaugeDelta("sessions", +1) // the server's own value
//
// [ConfigFromEnv] takes server, prefix, protocol and whether it is switched on from
// the environment. [Nop] is its twin for a program that runs without statsd.
//
// # What is sent
//
//	count                            applications.mail.live.counters.NAME:V|c
//	gauge, rate                      applications.mail.live.gauges.NAME:V|g
//	timing, histogram, distribution  applications.mail.live.timers.NAME:V|ms|@RATE
//	set                              applications.mail.live.sets.NAME:MEMBER|s
//
// These are the paths of sprockets-statsd; Config.Plain leaves out "counters." and
// its like. Counts come as one line for each roll-up, the sum. A gauge below 0 comes
// as two lines, 0 and the value, in one piece, since a server takes a value with a
// sign for a change of what it has. A histogram and a distribution come as timings,
// their values as they are, in whatever unit that is: the original statsd takes other
// types for counters, without a word. For the same reason values below 0 cannot be
// sent in them: such a point is rejected whole. A sample that stands for k
// observations has the rate 1/k, and no rate if k is 1; weights that are not whole are
// rounded so that the total is within 1 of the exact one. The members of a set come
// one by one, bytes that a line cannot hold as %XX. There are no events, no service
// checks and no times: what arrives counts when it arrives.
//
// The protocol has no tags, so they go to the end of the path (see [Tags]): "requests"
// with the tag "route:users" is "requests.route.users". On the wire all is ASCII.
// Characters other than letters, digits and "_", "-", "." are underscores in a name,
// dots too in a tag; so is a dot at the end of a name, or next to another. Series that
// become one by this are told to the flusher, which adds up their counts, and leaves
// out and counts a gauge that would overwrite another. It sees one kind at a time: a
// rate and a gauge of one name meet at the server only, where the last stands.
//
// # Delivery
//
// A connection is kept ready in the background, made again after a pause that grows,
// and given up when the peer ends it or its machine is silent. Every Send that has
// lines over TCP waits until the server has confirmed them, as well as that can be had
// of a protocol without answers: [Confirm] says how, and what it costs.
//
//	confirmed                                      delivered
//	no connection, no second one to confirm by,
//	or it died before the lines                    Retry
//	it died, or was silent, after they were sent   Unknown, but for those that did not leave
//	longer than a datagram, or 64 KiB over TCP     rejected, too_large
//
// Over UDP a datagram of at most 1432 bytes, which ends with a line feed, counts as
// delivered when it was sent.
//
// A statsd says nothing. ConfirmClose takes no word of a peer that says something for a
// confirmation: it may be a web server. Whatever Confirm is, it is cut off after 64 KiB.
//
// # What it does not promise
//
// ConfirmClose proves that the process which ended the connection had read all lines
// and lived on, and not what it did with them: a proxy's word is about the proxy. It
// takes it that one process takes the connections. Where there are several, as behind
// a balancer, on a port that is shared, or for the moment in which one takes over the
// port and the one before still has connections, another may confirm lines that died
// with theirs. Elsewhere than on Linux the proof has a gap: a process that dies within
// the moment in which the end of the connection travels to it may leave lines unread
// that are counted as delivered.
//
// ConfirmAck and ConfirmNone prove less, and UDP nothing. A line that is cut by a dying
// connection is sent again from its start on another; a server that takes half a line
// for a whole one may then count it twice.
//
// Any goroutine may call the methods of a [Transport], but for Send, as
// [transport.Transport] says.
package statsd
