// Package dogstatsd is a transport that sends DogStatsD lines to a Datadog Agent,
// or to another server that reads them, over UDP or a Unix socket.
//
//	t, err := dogstatsd.New(dogstatsd.Config{Address: "unix:///var/run/datadog/dsd.socket"})
//	if err != nil {
//		return err
//	}
//	client, err := stats.New(stats.WithTransport(t))
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	client.Count("jobs.done", 1, "queue:mail")
//
// [ConfigFromEnv] takes address and origin from the environment, as the Agent's own
// clients do.
//
// # What is sent
//
// One line for each point, as many lines to a datagram as fit, none ever split:
//
//	count          name:3|c|#tags                      the sum of the bucket
//	gauge, rate    name:1.5|g|#tags
//	set            name:member|s|#tags                 a line for each member
//	histogram      name:1:2:4|h|@0.5|#tags             the values that were kept
//	timing         name:1:2:4|ms|@0.5|#tags            in milliseconds
//	distribution   name:1:2:4|d|@0.5|#tags
//	event          _e{5,4}:title|text|d:…|h:…|k:…|p:…|s:…|t:…|#tags
//	service check  _sc|name|0|d:…|h:…|#tags|m:message
//
// Behind the tags come the fields of the newer protocols, in datadog-go's order:
// |c: |e: |T |card:, each only if [Config] asks for it. The host of a series is the
// tag host:, its device the tag device:, both behind its own tags; a host that is
// set and empty is sent as such, which tells an Agent to put none. A tag host: or
// dd.internal.…: that a program submits means to the Agent what it always does.
//
// A value that stands for several observations carries a rate of 1/k, k whole.
// Weights that are not whole are rounded up or down such that the total of each
// bucket is within 1 of the exact one and right on average. Observations that were
// counted and not kept are made up for: the weights of the others grow, so that the
// receiver's count is the exact one. A minimum or maximum that was not kept is sent
// beside the values, taking its place in the count. The receiver's sum and average
// are those of the values it gets.
//
// # Names and texts
//
// A metric's name keeps ASCII letters, digits, underscores and dots, any other
// character becomes an underscore; one that does not begin with a letter gets "m_"
// before it; it is cut at 200 bytes. That is what Datadog makes of names, so that
// the names are those of transport/datadog. A tag keeps everything but commas,
// pipes, control characters and line separators, which become underscores, and is
// cut at 200 characters; upper and lower case stay. The flusher sees both, and hosts
// too ([transport.WireIdentifier]), and adds up series that become one.
//
// A member of a set keeps all but pipes and control characters and 200 characters;
// one that is changed ends with ~ and a hash of the whole, so that no two members
// become one. A host is cut at 255 characters. In the text of an event and the
// message of a check a line feed is the two characters \n; a text that does not fit
// into the datagram is cut, its last character then being "…". An event without a
// text has a blank for it, since some Agents refuse it otherwise.
//
// # What is refused
//
// One by one, while their neighbours are sent: a value that is not finite, a
// histogram without a summary and a set without members (unsupported), a line that
// would not fit into a datagram (too_large), and, with [Config].Timestamps, a time
// before 1970 (too_old).
//
// # What delivered means
//
// A datagram is delivered when it was written. Over UDP that says little: the answer
// that nobody listens, where one comes, fails the Send it belongs to if it comes in
// time, else the next. A receiver's buffer is spared by a pause of 1 ms after each 64
// KiB. A Unix datagram socket takes a datagram only for a receiver
// that is there, and a receiver that dies with datagrams unread loses those. With
// unixstream on Linux a Send is delivered when the receiver has read it. If the
// connection dies before that, the points that were written and not read are
// Unknown; what was not written is Retry. On other systems written counts as
// read. What a receiver makes of a line is not seen: statsd_exporter counts sets,
// events and checks as errors, and they are delivered all the same.
//
//	no receiver, no socket, a name that cannot be found   Retry
//	a receiver that does not keep up within the timeout   Retry
//	a datagram larger than the network or socket takes    TooLarge
//	a stream that was cut with something unread           Unknown
//
// A point of many lines that was sent in part is not sent again from its start: the
// next attempt goes on where the last one ended. It is known by the ID of its batch,
// so give each batch that is made by hand one of its own.
//
// A Unix socket that vanished is tried anew by each Send, and one that was replaced
// is found at once. The name in a udp:// address is looked up again after each error
// and once every [Config].ResolveEvery. A frame of a stream that was cut by an error
// is never continued on another connection.
//
// # Late points
//
// Receivers add up what arrives, and take its arrival for its time: a late part is
// sent alone, and a gauge of an earlier bucket not at all. With [Config].Timestamps
// counts, gauges and rates carry their time, Agents keep the last value for each,
// and the flusher sends the merged whole again ([Transport.Temporality]).
package dogstatsd
