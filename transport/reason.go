package transport

// Reason says why a submission was refused or a point was dropped. The values
// are stable: dashboards and alerts may name them.
type Reason string

const (
	// Refused at the door, counted once for the client.

	ReasonBadValue         Reason = "bad_value"         // NaN or infinite; of a Rate, one that fell or that came at the time of the last
	ReasonBadRate          Reason = "bad_rate"          // a sampling rate that is not above 0 and at most 1
	ReasonBadName          Reason = "bad_name"          // empty, or name or tags over 64 KiB
	ReasonTooOld           Reason = "too_old"           // timestamp before the accepted age
	ReasonTooNew           Reason = "too_new"           // timestamp after the accepted age
	ReasonSeriesLimit      Reason = "series_limit"      // a gauge beyond the limit on live series
	ReasonSetFull          Reason = "set_full"          // a new member of a set that holds its maximum
	ReasonDistributionFull Reason = "distribution_full" // a value of a distribution that holds its maximum
	ReasonTimedFull        Reason = "timed_full"        // no room for one more timestamped point
	ReasonAfterStop        Reason = "after_stop"        // submitted after Shutdown

	// Dropped on the way to one transport, counted in its books.

	ReasonLateUnmerged Reason = "late_unmerged" // its bucket was sent, is no longer kept, and the backend overwrites
	ReasonLateGauge    Reason = "late_gauge"    // a late gauge on a wire without timestamps, or a Rate sample older than one already used
	ReasonOverflowSum  Reason = "overflow_sum"  // the sum of finite values is not finite
	ReasonUnsupported  Reason = "unsupported"   // the transport has no such thing
	ReasonCollision    Reason = "collision"     // a gauge whose name on the wire is another's
	ReasonQueueFull    Reason = "queue_full"    // the transport's queue was full
	ReasonByteBudget   Reason = "byte_budget"   // the byte budget was used up
	ReasonTooLarge     Reason = "too_large"     // a single point larger than the backend takes
	ReasonRejected     Reason = "rejected"      // the peer refused this point
	ReasonDenied       Reason = "denied"        // the credentials were refused until the points were too old
	ReasonPermanent    Reason = "permanent"     // the backend refused for good
	ReasonExpired      Reason = "expired"       // too old for the backend after retries

	// ReasonUnknown in a [Rejection] says that the point was sent and the answer
	// lost, while others of the batch were not tried. The books have it as unknown,
	// not as dropped. It is for kinds that add up: of others, say Retry.
	ReasonUnknown Reason = "unknown"
)
