module github.com/shardstats/shardstats/transport/e2e

go 1.26

require (
	github.com/aws/aws-lambda-go v1.55.1
	github.com/shardstats/shardstats v0.0.0
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
)

require (
	github.com/cenkalti/backoff/v5 v5.0.3 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/valyala/fastjson v1.6.10 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
