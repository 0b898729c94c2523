// Package shard holds what submitters write and the flusher drains.
package shard
