package machine

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEachLineSaysWhatItIs(t *testing.T) {
	lines := Describe()
	assert.Len(t, lines, 4)
	for _, line := range lines {
		assert.Regexp(t, `^[a-z]+: .+`, line)
	}
}

func TestTheModelIsReadFromCPUInfo(t *testing.T) {
	assert.Equal(t, "Maker X 9", model("processor\t: 0\nmodel name\t: Maker X 9\nmodel name\t: other\n"))
	assert.Equal(t, "unknown", model("Hardware\t: board\n"), "ARM names no model")
	assert.Equal(t, "unknown", model("model name\t:\n"))
}

func TestACommandThatIsNotThereIsUnknown(t *testing.T) {
	assert.Equal(t, "unknown", output("no-such-command"))
	assert.Equal(t, "unknown", output("true"), "it says nothing")
}
