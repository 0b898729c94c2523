package dogstatsd

import (
	"fmt"
	"os"
	"path"
	"syscall"
)

// hostNamespaceInode is the inode that Linux gives to the first cgroup namespace,
// in which the id would have been seen.
const hostNamespaceInode = 0xEFFFFFFB

func inHostNamespace(root string) bool {
	return inode(path.Join(root, "proc/self/ns/cgroup")) == hostNamespaceInode
}

func cgroupInode(name string) string {
	if n := inode(name); n > 0 {
		return fmt.Sprintf("in-%d", n)
	}
	return ""
}

// inode returns 0 for a file that is not there.
func inode(name string) uint64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return st.Ino
}
