package mutants

// What becomes of a batch.
var flushMutants = []Mutant{
	{
		Name: "a failed batch is dropped, not tried again",
		File: "flush/outcome.go",
		Old:  "\tcase transport.Denied: // stays as it is\n",
		New:  "\tcase transport.Denied: s.settleAll(p, dropFor(transport.ReasonPermanent))\n",
		Run:  "TestDeniedOpensTheBreakerAtOnceAndKeepsTheData", Package: "./flush",
	},
	{
		Name: "a full queue drops the newest by default",
		File: "flush/sender.go",
		Old:  "if s.queue.dropNewest || l == nil {",
		New:  "if !s.queue.dropNewest || l == nil {",
		Run:  "TestTheQueueBoundIsExact", Package: "./flush",
	},
	{
		Name: "what adds up is sent again after a lost answer",
		File: "flush/outcome.go",
		Old:  "\t\t\tcase q.resent || !q.h.units[u].overwrite:\n",
		New:  "\t\t\tcase q.resent:\n",
		Run:  "TestOutcomes", Package: "./flush",
	},
	{
		Name: "a lost answer does not wait for the first request to die",
		File: "flush/outcome.go",
		Old:  "q.notBefore, q.resent = now.Add(resendAfter), true",
		New:  "q.notBefore, q.resent = now, true",
		Run:  "TestAnUnknownResendLetsTheFirstRequestDie", Package: "./flush",
	},
	{
		Name: "a rejected part does not decide over its unit",
		File: "flush/outcome.go",
		Old:  "\t\tp.units[u] |= unitRefused\n",
		New:  "",
		Run:  "TestOutcomes|TestEveryUnitIsSettledOnceWhateverTheTransportDoes", Package: "./flush",
	},
	{
		Name: "a delivered unit stays pending",
		File: "flush/books.go",
		Old:  "\t\tb.Pending -= k\n",
		New:  "",
		Run:  "TestAccountsBalanceAfterEveryTransfer", Package: "./flush",
	},
	{
		Name: "a batch is given back while a transport still has it",
		File: "flush/release.go",
		Old:  "\tif left > 0 {\n",
		New:  "\tif left > 1 {\n",
		Run:  "TestTheLastReferenceRecycles", Package: "./flush",
	},
	{
		Name: "the wait that a peer asks for is not bounded",
		File: "flush/backoff.go",
		Old:  "wait = min(max(after, afterLeast), afterMost)",
		New:  "wait = after",
		Run:  "TestTheWaitThePeerAsksForIsHonouredWithinBounds", Package: "./flush",
	},
	{
		Name: "the breaker never opens",
		File: "flush/breaker.go",
		Old:  "if final || b.failures >= breakerFailures {",
		New:  "if final && b.failures >= breakerFailures {",
		Run:  "TestFiveFailuresOpenTheBreaker|TestBreaker|TestDeniedOpensTheBreaker", Package: "./flush",
	},
	{
		Name: "an impossible number of delivered points is believed",
		File: "flush/verdict.go",
		Old:  "delivered: min(max(se.Delivered, 0), n)",
		New:  "delivered: max(se.Delivered, 0)",
		Run:  "TestJudge|TestAVerdictAlwaysFitsTheBatch", Package: "./flush",
	},
}
