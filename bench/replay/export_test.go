package replay

// Member returns the member of a set as the client gets it.
func Member(op *Op) (string, error) { return op.member() }
