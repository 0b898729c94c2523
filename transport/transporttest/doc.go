// Package transporttest checks a [transport.Transport] against its contract.
//
//	func TestContract(t *testing.T) {
//		transporttest.Run(t, func(t *testing.T) transport.Transport {
//			return mywire.New(startServer(t).URL)
//		})
//	}
//
// Run calls newT for each check, so that checks do not disturb each other, and
// closes what it got. It works without knowing the wire; it sees more if it is
// told how to read back what arrived ([Received], [ReceivedNotices]) and how to
// take the peer away ([Outage]). Run the tests under the race detector: some rules
// are about what a transport does beside or after a Send, and only the detector
// sees those.
//
// [RunHTTP] checks what a transport that speaks HTTP makes of peers that answer
// nonsense, nothing or without an end.
//
// A check fails with the rule that was broken. Panics and calls that do not
// come back are failures too, and the other checks go on.
//
// What it does not check: that the wire is right for its receiver, and which
// answer of a peer leads to which outcome. Tests of the transport do that.
package transporttest
