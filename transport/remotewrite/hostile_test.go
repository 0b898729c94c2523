package remotewrite_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/shardstats/shardstats/transport"
	"github.com/shardstats/shardstats/transport/remotewrite"
	"github.com/shardstats/shardstats/transport/transporttest"
)

func TestHostilePeers(t *testing.T) {
	for _, version := range []remotewrite.Version{remotewrite.Auto, remotewrite.V1} {
		t.Run(version.String(), func(t *testing.T) {
			transporttest.RunHTTP(t, func(t *testing.T, url string) transport.Transport {
				w, err := remotewrite.New(remotewrite.Config{URL: url, Version: version})
				require.NoError(t, err)
				return w
			}, unstarted())
		})
	}
}
