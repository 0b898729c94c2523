package mutants

// How a call finds its series.
var statsMutants = []Mutant{
	{
		Name: "tags are not sorted",
		File: "stats/identity.go",
		Old:  "\tslices.Sort(all)\n",
		New:  "",
		Run:  "TestAnySpellingOfTheTagsIsOneSeries", Package: "./stats",
	},
	{
		Name: "lengths are no part of a spelling",
		File: "stats/spelling.go",
		Old:  "\t\tshape |= uint64(uint8(len(s))) << 8\n\t\tlong |= len(s)\n",
		New:  "\t\tlong |= len(s)\n",
		Run:  "TestEveryRegisteredSpellingIsFound|TestIdentity|TestAnySpelling", Package: "./stats",
	},
	{
		Name: "identity joins the tags without their lengths",
		File: "stats/identity.go",
		Old:  "\t\tb = binary.AppendUvarint(b, uint64(len(s)))\n",
		New:  "",
		Run:  "TestIdentity", Package: "./stats",
	},
	{
		Name: "the caller's tag is kept, not copied",
		File: "stats/spelling.go",
		Old:  "\t\tt.tags[i] = strings.Clone(tag)\n",
		New:  "\t\tt.tags[i] = tag\n",
		Run:  "TestCallersMayChangeTheirTagsAfterTheCall|TestSubmissionsDoNotAllocate", Package: "./stats",
	},
	{
		Name: "long strings with equal ends and hash are taken for one",
		File: "stats/spelling.go",
		Old:  "(long <= wordsSuffice || sp.text.equal(name, tags)) {",
		New:  "(long <= wordsSuffice || sp.text != nil) {",
		Run:  "TestIdentityIsInjective", Package: "./stats",
	},
	{
		Name: "a sampled counter weighs one",
		File: "stats/call.go",
		Old:  "\t\tscaled := float64(delta) * weight\n",
		New:  "\t\tscaled := float64(delta)\n",
		Run:  "TestSampledCounters", Package: "./stats",
	},
	{
		Name: "a bad sampling rate records",
		File: "stats/call.go",
		Old:  "\t\tk.client.core.refuse(transport.ReasonBadRate)\n\t\treturn 0, false\n",
		New:  "\t\tk.client.core.refuse(transport.ReasonBadRate)\n\t\treturn 1, true\n",
		Run:  "TestBadRates", Package: "./stats",
	},
	{
		Name: "the host is not part of a series' identity",
		File: "stats/identity.go",
		Old:  "\tif id.host.set {\n",
		New:  "\tif false {\n",
		Run:  "TestHosts", Package: "./stats",
	},
	{
		Name: "a host that is empty is none",
		File: "stats/identity.go",
		Old:  "\tif id.host.set {\n",
		New:  "\tif id.host.name != \"\" {\n",
		Run:  "TestHosts", Package: "./stats",
	},
	{
		Name: "a second host keeps the first",
		File: "stats/host.go",
		Old:  "\t\tc = c.base // the last host given wins\n",
		New:  "\t\treturn c\n",
		Run:  "TestHosts", Package: "./stats",
	},
	{
		Name: "a gauge function is called while it is busy",
		File: "stats/gaugefunc.go",
		Old:  "if g.call.CompareAndSwap(nil, call) {",
		New:  "if g.call.Store(call); true {",
		Run:  "TestGaugeFuncsThatMisbehave", Package: "./stats",
	},
}
