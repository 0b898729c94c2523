package peers

// What the built tags start with.
const (
	routeTag  = routeKey + ":" + routePrefix
	methodTag = methodKey + ":" + methodPrefix
	statusTag = statusKey + ":" + statusPrefix
)

// buildTags is what callers of libraries with "key:value" tags do by themselves.
func buildTags(over Over) Submit {
	all, place, built := over.Series, over.walk(), 0
	return func(n int) {
		at, bytes := *place, 0
		for range n {
			id := all[at.next()].ID
			route, method, status := routeTag+id, methodTag+id, statusTag+id
			bytes += len(route) + len(method) + len(status)
		}
		*place = at
		built += bytes // so that the compiler leaves nothing out
	}
}

// buildValues is what callers of libraries that take values alone do.
func buildValues(over Over) Submit {
	all, place, built := over.Series, over.walk(), 0
	return func(n int) {
		at, bytes := *place, 0
		for range n {
			id := all[at.next()].ID
			route, method, status := routePrefix+id, methodPrefix+id, statusPrefix+id
			bytes += len(route) + len(method) + len(status)
		}
		*place = at
		built += bytes // so that the compiler leaves nothing out
	}
}
