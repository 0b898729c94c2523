package stats

import (
	"os"
	"slices"
	"strings"
)

// FromEnv makes New read the environment, once, for what the client owns:
//
//   - DATADOG_TAGS, constant tags with commas between them
//   - DD_TAGS, the same; one without any comma is split at blanks
//   - DD_ENV, DD_SERVICE and DD_VERSION, the constant tags env:…, service:… and version:…
//   - DD_HOSTNAME, the host of every series
//
// The tags come in this order, after those of WithTags, and none twice. Options
// win, wherever FromEnv stands among them: DD_ENV adds nothing if WithTags gives
// an env: tag, likewise DD_SERVICE and DD_VERSION; DD_HOSTNAME nothing beside
// WithHost or WithoutHost. A variable that is empty counts as not set. What a
// transport needs, keys and addresses, it reads with its own ConfigFromEnv.
func FromEnv() Option {
	return option(func(c *config) { c.fromEnv = true })
}

// ownTags are the variables that are one tag each.
var ownTags = [...]struct{ variable, prefix string }{
	{"DD_ENV", "env:"},
	{"DD_SERVICE", "service:"},
	{"DD_VERSION", "version:"},
}

// applyEnv adds what the environment says to what the options said.
func (c *config) applyEnv() {
	given := slices.Clip(c.rawTags)
	c.rawTags = append(given, splitTags(os.Getenv("DATADOG_TAGS"), false)...)
	c.rawTags = append(c.rawTags, splitTags(os.Getenv("DD_TAGS"), true)...)
	for _, own := range ownTags {
		value := strings.TrimSpace(os.Getenv(own.variable))
		byOption := slices.ContainsFunc(given, func(tag string) bool { return strings.HasPrefix(tag, own.prefix) })
		if value != "" && !byOption {
			c.rawTags = append(c.rawTags, own.prefix+value)
		}
	}
	if host := strings.TrimSpace(os.Getenv("DD_HOSTNAME")); host != "" && !c.hostGiven {
		c.host = hostName{host, true}
	}
}

// splitTags splits a list at its commas, or, if it may have blanks for commas
// and has no comma, at those. Blanks around a tag are no part of it.
func splitTags(list string, blanks bool) []string {
	if blanks && !strings.Contains(list, ",") {
		return strings.Fields(list)
	}
	var tags []string
	for tag := range strings.SplitSeq(list, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}
