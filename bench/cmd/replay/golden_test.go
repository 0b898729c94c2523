package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestGoldenScenarios(t *testing.T) {
	r := command(t, "", "-quiet", goldenFile)
	assert.Empty(t, r.complaints)
	assert.Zero(t, r.status)
	assert.Contains(t, r.out, "seed_roll5: equal\n")
	assert.Contains(t, r.out, "type_mixing: differs on purpose: a gauge and a counter of one name are two series")
	assert.Contains(t, r.out, `  flush 1: series: unexpected {"metric":"x","points":[[100,0.7]]`)
	assert.Regexp(t, `36 scenarios: 3[12] equal, [45] differ on purpose, 0 differ\n$`, r.out)
	assert.NotContains(t, r.out, "POST")
}
