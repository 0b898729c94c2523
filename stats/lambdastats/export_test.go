package lambdastats

import "sync"

// ForgetWarning makes the next metric that goes nowhere be logged again.
func ForgetWarning() { lost = sync.Once{} }
