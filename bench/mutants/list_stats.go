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
		Old:  "\t\tb = binary.AppendUvarint(b, uint64(len(tag)))\n",
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
}
