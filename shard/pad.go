package shard

// lineBytes is how far apart two words must be so that writing one never costs
// a processor that uses the other: two lines of 64 bytes, since the hardware
// prefetches them in pairs (and 128 is the line on Apple's arm64).
const lineBytes = 128

// Pages that different shards write are kept apart by their size alone: the
// allocator gives objects of 2^k bytes (k ≥ 7, without pointers) addresses that
// are multiples of their size. An object with pointers over 512 bytes gets a
// word of the allocator's own in front, which bankPage's head makes up for.
// The layout test reads the addresses.
