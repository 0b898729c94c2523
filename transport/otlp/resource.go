package otlp

import (
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/shardstats/shardstats/transport/internal/proto"
)

const modulePath = "github.com/shardstats/shardstats"

// attributes returns the attributes of each resource, by key.
func (c Config) attributes() []attribute {
	all := maps.Clone(c.Resource)
	if all == nil {
		all = map[string]string{}
	}
	switch {
	case c.ServiceName != "":
		all[serviceKey] = c.ServiceName
	case all[serviceKey] == "":
		all[serviceKey] = unknownService()
	}
	var list []attribute
	for _, key := range slices.Sorted(maps.Keys(all)) {
		list = append(list, attribute{key, all[key]})
	}
	return list
}

// resources returns the encoded Resource of series without a host, and that of others
// without their host.
func (c Config) resources() (base, hostBase []byte) {
	all := c.attributes()
	base = appendAttributes(nil, resourceAttributes, all)
	others := slices.DeleteFunc(all, func(a attribute) bool { return a.key == hostKey })
	return base, appendAttributes(nil, resourceAttributes, others)
}

// unknownService is what the semantic conventions ask for where nobody named the
// service (https://opentelemetry.io/docs/specs/semconv/resource/#service).
func unknownService() string {
	if len(os.Args) == 0 || os.Args[0] == "" {
		return "unknown_service"
	}
	return "unknown_service:" + proto.Valid(filepath.Base(os.Args[0]))
}

// scope returns the field with the InstrumentationScope: this library, in the
// version that the program was built with.
var scope = sync.OnceValue(func() []byte {
	inner := proto.AppendString(nil, scopeName, modulePath)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == modulePath && m.Version != "" && m.Version != "(devel)" {
				inner = proto.AppendString(inner, scopeVersion, proto.Valid(m.Version))
				break
			}
		}
	}
	return proto.AppendMessage(nil, scopeMetricsScope, inner)
})
