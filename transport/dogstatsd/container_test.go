package dogstatsd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport/dogstatsd"
)

func TestDetectContainer(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	task := strings.Repeat("0123456789abcdef", 2) + "-123456"
	uuid := "01234567-89ab-cdef-0123-456789abcdef"
	for _, c := range []struct{ name, cgroup, mounts, want string }{
		{"no such files", "", "", ""},
		{"Docker", "12:memory:/docker/" + id + "\n11:cpu:/docker/" + id, "", "ci-" + id},
		{"systemd's scope", "0::/system.slice/docker-" + id + ".scope", "", "ci-" + id},
		{"Kubernetes", "1:name=systemd:/kubepods/besteffort/pod" + uuid + "/" + id, "", "ci-" + id},
		{"containerd in a slice", "0::/kubepods.slice/kubepods-pod1.slice:cri-containerd:" + id, "", "ci-" + id},
		{"ECS", "9:perf_event:/ecs/task/" + task, "", "ci-" + task},
		{"Garden", "0::/garden/" + uuid, "", "ci-" + uuid},
		{"Garden, the short form", "0::/garden/01234567-89ab-cdef-0123-4567", "", "ci-01234567-89ab-cdef-0123-4567"},
		{"the pod is not the container", "0::/kubepods/pod" + uuid, "", ""},
		{"something longer is no id", "0::/docker/" + id + "0", "", ""},
		{"a folder of the host name", "0::/", "983 961 0:56 /docker/containers/" + id + "/hostname /etc/hostname rw", "ci-" + id},
		{"the sandbox is not the container", "0::/", "1 2 0:1 /run/containerd/io.containerd.grpc.v1.cri/sandboxes/" + id + "/hostname /etc/hostname rw", ""},
		{"no line of a cgroup", "nonsense\n\n::", "nonsense", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			write(t, root, "proc/self/cgroup", c.cgroup)
			write(t, root, "proc/self/mountinfo", c.mounts)
			assert.Equal(t, c.want, dogstatsd.DetectContainer(root))
		})
	}
}

func write(t *testing.T, root, name, text string) {
	if text == "" {
		return
	}
	name = filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
}

func TestDetectionIsOnlyOnDemand(t *testing.T) {
	got, err := encoded(t, one("c"), func(c *dogstatsd.Config) { c.DetectContainer, c.ContainerID = true, "ci-mine" })
	require.NoError(t, err)
	assert.Equal(t, []string{"c:1|c|c:ci-mine\n"}, got, "what is set wins")
	got, err = encoded(t, one("c"), func(c *dogstatsd.Config) { c.DetectContainer, c.EntityID = true, "pod" })
	require.NoError(t, err)
	assert.Equal(t, []string{"c:1|c|#dd.internal.entity_id:pod\n"}, got, "the pod is enough")
	id := dogstatsd.DetectContainer("/")
	want := "c:1|c\n"
	if id != "" {
		want = "c:1|c|c:" + id + "\n"
	}
	got, err = encoded(t, one("c"), func(c *dogstatsd.Config) { c.DetectContainer = true })
	require.NoError(t, err)
	assert.Equal(t, []string{want}, got)
}
