package stats

import "slices"

// A host given with OnHost is looked up as a spelling is, under a kind of its
// own, and leads to a client that submits for this host. So a call with a host
// takes one more look-up and allocates nothing, and what follows is as ever.
const kindHost kind = 0x7f

// onHost returns the client that submits for host, made at the first sight of it.
// c is live.
func (c *Client) onHost(host string) *Client {
	if c.base != nil {
		c = c.base // the last host given wins
	}
	if len(host) > maxStringBytes {
		host = host[:maxStringBytes]
	}
	if sp := c.find(kindHost, host, nil); sp != nil {
		return sp.extra().child
	}
	return c.core.registry.meetHost(c, host)
}

// meetHost is the first sight of a host.
func (r *registry) meetHost(c *Client, host string) *Client {
	r.mu.Lock()
	defer r.mu.Unlock()
	if sp := c.find(kindHost, host, nil); sp != nil { // somebody was faster
		return sp.extra().child
	}
	if len(r.hosts) >= r.core.cfg.seriesLimit { // half of them are forgotten, and met again if need be
		half := (len(r.hosts) + 1) / 2
		for _, old := range r.hosts[:half] {
			r.removeSpelling(old)
		}
		r.hosts = slices.Clone(r.hosts[half:])
	}
	child := *c
	child.host, child.base = hostName{clean(host), true}, c
	child.settle()
	sp, more := c.newSpelling(kindHost, host, nil)
	more.child = &child
	r.hosts = append(r.hosts, sp)
	r.addSpelling(sp)
	return &child
}
