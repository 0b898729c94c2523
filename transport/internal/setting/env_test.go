package setting_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/shardstats/shardstats/transport/internal/setting"
)

func TestEnv(t *testing.T) {
	t.Setenv("SHARDSTATS_BLANK", " \t")
	t.Setenv("SHARDSTATS_FIRST", " one two\n")
	t.Setenv("SHARDSTATS_SECOND", "three")
	assert.Equal(t, "one two", setting.Env("SHARDSTATS_NONE", "SHARDSTATS_BLANK", "SHARDSTATS_FIRST", "SHARDSTATS_SECOND"))
	assert.Equal(t, "three", setting.Env("SHARDSTATS_SECOND", "SHARDSTATS_FIRST"))
	assert.Empty(t, setting.Env("SHARDSTATS_NONE", "SHARDSTATS_BLANK"))
	assert.Empty(t, setting.Env())
}
