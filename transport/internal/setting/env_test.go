package setting_test

import (
	"errors"
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
	name, value := setting.Variable("SHARDSTATS_NONE", "SHARDSTATS_BLANK", "SHARDSTATS_FIRST")
	assert.Equal(t, []string{"SHARDSTATS_FIRST", "one two"}, []string{name, value})
}

func TestComplaintsNameTheVariablesOfTheirFields(t *testing.T) {
	t.Setenv("SHARDSTATS_SECOND", "x")
	var env setting.Environment
	assert.Equal(t, "x", env.Get("Path", "SHARDSTATS_NONE", "SHARDSTATS_SECOND"))
	assert.Empty(t, env.Get("Size", "SHARDSTATS_NONE"))
	env.Set("Both", "A and B")
	wrong := setting.For("kind")
	cause := errors.New("no file")
	wrong.Add("Path is %q: %w", "x", cause)
	wrong.Add("Size is 0")
	wrong.Add("Both clash")
	err := env.Explain(wrong.Err())
	assert.EqualError(t, err, `kind: Config.Path (SHARDSTATS_SECOND) is "x": no file
kind: Config.Size is 0
kind: Config.Both (A and B) clash`)
	assert.ErrorIs(t, err, cause)
	assert.EqualError(t, env.Explain(cause), "no file")
	assert.NoError(t, env.Explain(nil))
}
