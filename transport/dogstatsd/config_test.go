package dogstatsd_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/dogstatsd"
)

func TestAddresses(t *testing.T) {
	long := strings.Repeat("x", 108)
	for address, want := range map[string]string{
		"":                          "",
		"udp://127.0.0.1:8125":      "",
		"udp://127.0.0.1":           "",
		"udp://agent/":              "",
		"agent":                     "",
		"agent:8126":                "",
		"::1":                       "",
		"udp://[::1]:8125":          "",
		"udp://[fe80::1%eth0]:8125": "",
		"unix:///var/run/dsd":       "",
		"unixgram://@abstract":      "",
		"unixstream://relative":     "",
		"udp://":                    "has no host",
		"udp://:8125":               "has no host",
		"udp://agent:0":             "has no port between 1 and 65535",
		"udp://agent:x":             "has no port between 1 and 65535",
		"udp://agent:65536":         "has no port between 1 and 65535",
		"udp://a:b:c":               "is no host and port",
		"udp://me:secret@agent:1":   "has more than host and port",
		"udp://agent:1/path":        "has more than host and port",
		"/var/run/dsd.socket":       "is a path: for a socket want one like unix:///var/run/dsd.socket",
		"me:secret@agent:1":         "has more than host and port",
		"http://me:secret@agent":    `"http://***@agent" has a scheme`,
		"http://agent":              "has a scheme that is not known",
		"unix://":                   "has no path",
		"unix:///" + long:           "has a path longer than 107 bytes",
		"agent\n:8125":              "has a control character",
	} {
		_, err := dogstatsd.New(dogstatsd.Config{Address: address})
		if want == "" {
			assert.NoError(t, err, address)
			continue
		}
		require.Error(t, err, address)
		assert.Contains(t, err.Error(), want)
		assert.Regexp(t, "(like|as in) (udp|unix)://[^ ]+", err.Error(), "an address that is right")
		assert.NotContains(t, err.Error(), "\n")
		assert.NotContains(t, err.Error(), "secret")
	}
}

func TestAllComplaintsComeAtOnce(t *testing.T) {
	_, err := dogstatsd.New(dogstatsd.Config{
		Address: "tcp://agent", Packing: 7, Timestamps: true, SignedDeltas: true,
		ContainerID: "ci-a|c:b", EntityID: "a,b", ExternalData: "x\ny", Cardinality: "medium",
		Timeout: -1, ResolveEvery: -time.Second,
	})
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	for i, field := range []string{
		"Address", "Packing is packing 7", "SignedDeltas and Timestamps", `ContainerID "ci-a|c:b"`, `ExternalData "x\ny"`, "EntityID", "Cardinality", "Timeout", "ResolveEvery",
	} {
		assert.Contains(t, lines[i], "dogstatsd: Config."+field)
	}
	assert.Len(t, lines, 9)
	for _, c := range []struct {
		address string
		max     int
		ok      bool
	}{
		{"udp://a", 511, false}, {"udp://a", 512, true}, {"udp://a", 65507, true}, {"udp://a", 65508, false},
		{"unix:///a", 65508, true}, {"unix:///a", 1<<20 + 1, false}, {"unix:///a", -1, false},
	} {
		_, err := dogstatsd.New(dogstatsd.Config{Address: c.address, MaxDatagram: c.max})
		assert.Equal(t, c.ok, err == nil, "%+v", c)
	}
	_, err = dogstatsd.New(dogstatsd.Config{ContainerID: strings.Repeat("x", 257)})
	require.Error(t, err)
}

func TestWhatItSaysOfItself(t *testing.T) {
	plain, timed := open(t, ""), open(t, "", func(c *dogstatsd.Config) { c.Timestamps = true })
	assert.True(t, plain.Describe().Untimed)
	assert.False(t, timed.Describe().Untimed)
	for k := transport.KindCount; k <= transport.KindDistribution; k++ {
		assert.Equal(t, transport.Additive, plain.Temporality(k))
		want := transport.Additive
		if k == transport.KindCount || k == transport.KindRate || k == transport.KindGauge {
			want = transport.Overwrite
		}
		assert.Equal(t, want, timed.Temporality(k), k)
	}
	for p, want := range map[dogstatsd.Packing]string{
		dogstatsd.PackSamples: "samples", dogstatsd.PackAll: "all", dogstatsd.PackNone: "none", 9: "packing 9",
	} {
		assert.Equal(t, want, p.String())
	}
}

func TestNames(t *testing.T) {
	d := open(t, "")
	for in, want := range map[string]string{
		"api.latency":            "api.latency",
		"":                       "m_",
		"9lives":                 "m_9lives",
		"_sc":                    "m__sc",
		"_e{1,1}:a":              "m__e_1_1__a",
		"a-b/c d":                "a_b_c_d",
		"über":                   "m__ber",
		"a\xff":                  "a_",
		"a:1|c\nb":               "a_1_c_b",
		strings.Repeat("a", 201): strings.Repeat("a", 200),
		strings.Repeat("1", 201): "m_" + strings.Repeat("1", 198),
	} {
		assert.Equal(t, want, d.WireName(in))
		assert.Equal(t, want, d.WireName(want))
	}
	for in, want := range map[string]string{
		"env:Prod":               "env:Prod",
		"a,b|c":                  "a_b_c",
		"#x@y z":                 "#x@y z",
		"":                       "_",
		strings.Repeat("é", 201): strings.Repeat("é", 200),
	} {
		assert.Equal(t, want, d.WireTag(in))
	}
}

// Series are one if a receiver cannot tell them apart.
func TestIdentity(t *testing.T) {
	d := open(t, "")
	identity := func(change func(*transport.Series)) string {
		s := series("name", transport.KindCount, 1, "a:b", "c")
		change(&s)
		return string(d.AppendWireIdentity([]byte("before"), &s))
	}
	tags := func(all ...string) func(*transport.Series) { return func(s *transport.Series) { s.Tags = all } }
	hosted := func(host string, all ...string) func(*transport.Series) {
		return func(s *transport.Series) { s.Host, s.HostSet, s.Tags = host, true, all }
	}
	device := func(device string, all ...string) func(*transport.Series) {
		return func(s *transport.Series) { s.Device, s.Tags = device, all }
	}
	named := func(name string) func(*transport.Series) { return func(s *transport.Series) { s.Name = name } }
	for _, c := range []struct {
		name string
		a, b func(*transport.Series)
		one  bool
	}{
		{"the order of tags", tags("a:b", "c"), tags("c", "a:b"), true},
		{"what becomes of names", named("a-b"), named("a_b"), true},
		{"names", named("a"), named("b"), false},
		{"what becomes of tags", tags("a|b"), tags("a,b"), true},
		{"tags twice", tags("a|b", "a,b"), tags("a_b"), true},
		{"one tag or two", tags("a", "b"), tags("a,b"), false},
		{"a name or a tag", named("name\x00a:b"), tags("a:b", "a:b", "c"), false},
		{"case", tags("a:B"), tags("a:b"), false},
		{"hosts", hosted("a"), hosted("b"), false},
		{"no host and an empty one", hosted(""), tags(), false},
		{"what becomes of hosts", hosted("a,b"), hosted("a|b"), true},
		{"a host and a tag", hosted("a"), tags("host:a"), true},
		{"a host wins over a tag", hosted("a", "host:b"), hosted("a"), true},
		{"the last tag wins", tags("host:a", "host:b"), tags("host:b"), true},
		{"devices", device("a"), device("b"), false},
		{"a device and a tag", device("sda"), tags("device:sda"), true},
	} {
		assert.Equal(t, c.one, identity(c.a) == identity(c.b), c.name)
	}
	assert.True(t, strings.HasPrefix(identity(tags()), "before"))
}
