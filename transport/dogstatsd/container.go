package dogstatsd

import (
	"bufio"
	"io"
	"os"
	"path"
	"regexp"
	"strings"
)

// Where Linux says which container a process is in. root is "/", but in tests.
const (
	cgroupFile    = "proc/self/cgroup"
	mountInfoFile = "proc/self/mountinfo"
	cgroupMount   = "sys/fs/cgroup"
)

// A container's id: 64 hexadecimal digits (Docker, containerd, CRI-O), 32 and a
// number (ECS), or a UUID (Garden), which systemd may call a scope.
var (
	containerID     = `[0-9a-f]{64}|[0-9a-f]{32}-[0-9]+|[0-9a-f]{8}(?:[-_][0-9a-f]{4}){4}(?:[0-9a-f]{8})?`
	inCgroupPath    = regexp.MustCompile(`(?:^|[/:-])(` + containerID + `)(?:\.scope)?$`)
	inHostnameMount = regexp.MustCompile(`/([^/\s]+)/(` + containerID + `)/\S*hostname\b`)
)

// maxProcBytes bounds what is read of one of these files.
const maxProcBytes = 1 << 20

// detectContainer returns "ci-<container id>", or "in-<inode of the cgroup>" where
// the id cannot be seen, or "".
func detectContainer(root string) string {
	var id, cgroup string
	readLines(path.Join(root, cgroupFile), func(text string) bool {
		fields := strings.SplitN(text, ":", 3) // number, controllers, path
		if len(fields) != 3 {
			return true
		}
		if m := inCgroupPath.FindStringSubmatch(fields[2]); m != nil {
			id = m[1]
			return false
		}
		switch fields[1] {
		case "memory": // version 1, which holds if both are there
			cgroup = path.Join("/memory", path.Join("/", fields[2]))
		case "":
			if cgroup == "" {
				cgroup = path.Join("/", fields[2])
			}
		}
		return true
	})
	if id == "" {
		// A file that the runtime mounts from its folder of the container.
		readLines(path.Join(root, mountInfoFile), func(text string) bool {
			all := inHostnameMount.FindAllStringSubmatch(text, -1)
			if len(all) == 0 {
				return true
			}
			m := all[len(all)-1]
			if m[1] == "sandboxes" { // of the pod, not of the container
				return true
			}
			id = m[2]
			return false
		})
	}
	switch {
	case id != "":
		return "ci-" + id
	case cgroup == "" || inHostNamespace(root):
		return ""
	}
	return cgroupInode(path.Join(root, cgroupMount, cgroup))
}

// readLines calls f with each line of a file until it returns false. A file that
// cannot be read has none.
func readLines(name string, f func(text string) bool) {
	file, err := os.Open(name)
	if err != nil {
		return
	}
	defer file.Close()
	lines := bufio.NewScanner(io.LimitReader(file, maxProcBytes))
	for lines.Scan() && f(lines.Text()) {
	}
}
