package dogstatsd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/dogstatsd"
)

// Where the id cannot be seen, the inode of the cgroup says which it is.
func TestDetectContainerByInode(t *testing.T) {
	for cgroup, folder := range map[string]string{
		"0::/":                         "sys/fs/cgroup",
		"0::/some/where":               "sys/fs/cgroup/some/where",
		"5:memory:/a\n0::/b":           "sys/fs/cgroup/memory/a",
		"4:cpu:/x\n0::/b\n5:memory:/a": "sys/fs/cgroup/memory/a",
		"0::/../../../../outside":      "sys/fs/cgroup/outside",
		"5:memory:/../../outside":      "sys/fs/cgroup/memory/outside",
	} {
		root := t.TempDir()
		write(t, root, "proc/self/cgroup", cgroup)
		write(t, root, folder+"/cgroup.procs", "1")
		info, err := os.Stat(filepath.Join(root, folder))
		require.NoError(t, err)
		want := fmt.Sprint("in-", info.Sys().(*syscall.Stat_t).Ino)
		assert.Equal(t, want, dogstatsd.DetectContainer(root), cgroup)
	}
}
