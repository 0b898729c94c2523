package servers

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// NginxServer is an nginx in front of another server.
type NginxServer struct {
	*Process
	URL     string         // http:// or https://host:port
	RootCAs *x509.CertPool // what its certificate is checked against, with TLS
	dir     string
}

// NginxConfig says what it does with requests.
type NginxConfig struct {
	Backend string // URL that requests are passed on to
	TLS     bool   // https, and HTTP/2 for those who ask for it
	HTTP    string // more directives for the block http, as limit_req_zone
	Server  string // more directives for the block server, as client_max_body_size
}

// NginxRequest is a request in its access log.
type NginxRequest struct {
	Status   int     `json:"status"`
	Upstream string  `json:"upstream"` // status of the backend's answer; empty if it was not asked
	Method   string  `json:"method"`
	URI      string  `json:"uri"`
	Protocol string  `json:"protocol"` // HTTP/1.1, HTTP/2.0
	Encoding string  `json:"encoding"` // Content-Encoding
	Agent    string  `json:"agent"`
	Bytes    int     `json:"bytes"` // of the request with its header
	Ended    float64 `json:"ended"` // Unix seconds
	Took     float64 `json:"took"`  // seconds, from its first byte to the log
}

// refusals are what an NginxServer can be told to answer.
var refusals = []int{403, 408, 413, 429, 500, 502, 503}

const nginxConf = `
daemon off;
master_process off;
pid %[1]s/pid;
error_log stderr notice;
events { worker_connections 256; }
http {
	log_format json escape=json '{"status":$status,"upstream":"$upstream_status","method":"$request_method",'
		'"uri":"$request_uri","protocol":"$server_protocol","encoding":"$http_content_encoding",'
		'"agent":"$http_user_agent","bytes":$request_length,"ended":$msec,"took":$request_time}';
	access_log %[1]s/access.jsonl json;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	map $status $retry_after { 429 1; 503 1; }
	add_header Retry-After $retry_after always;
	%[2]s
	server {
		%[3]s
		%[4]s
		location / {
			%[5]s
			proxy_pass %[6]s;
			proxy_http_version 1.1;
		}
	}
}
`

// Nginx starts one. Its 429 and 503, its own or those it passes on, carry
// "Retry-After: 1".
func Nginx(t testing.TB, config NginxConfig) *NginxServer {
	t.Helper()
	path := program(t, "nginx", "nginx")
	addr := address(t)
	n := &NginxServer{URL: "http://" + addr, dir: t.TempDir()}
	listen := "listen " + addr
	if config.TLS {
		n.URL = "https://" + addr
		n.RootCAs = certificate(t, n.file("cert.pem"), n.file("key.pem"))
		listen += fmt.Sprintf(" ssl http2;\nssl_certificate %s;\nssl_certificate_key %s", n.file("cert.pem"), n.file("key.pem"))
	}
	var refuse strings.Builder
	for _, status := range refusals {
		fmt.Fprintf(&refuse, "if (-f %s) { return %d; }\n", n.file(strconv.Itoa(status)), status)
	}
	conf := fmt.Sprintf(nginxConf, n.dir, config.HTTP, listen+";", config.Server, refuse.String(), config.Backend)
	if err := os.WriteFile(n.file("nginx.conf"), []byte(conf), 0o644); err != nil {
		t.Fatalf("servers: %v", err)
	}
	n.Process = launch(t, "nginx", path, func(ctx context.Context) error { return connects(ctx, addr) },
		"-e", "stderr", "-p", n.dir, "-c", n.file("nginx.conf"))
	return n
}

func (n *NginxServer) file(name string) string { return filepath.Join(n.dir, name) }

// connects is ready when addr takes a connection.
func connects(ctx context.Context, addr string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

// Refuse has each request answered with the status from now on, and not passed
// on: 403, 408, 413, 429, 500, 502 or 503. 0 passes them on again.
func (n *NginxServer) Refuse(status int) {
	n.t.Helper()
	if status != 0 {
		if !slices.Contains(refusals, status) {
			n.t.Errorf("servers: nginx cannot be told to answer %d: want one of %v", status, refusals)
			return
		}
		if err := os.WriteFile(n.file(strconv.Itoa(status)), nil, 0o644); err != nil {
			n.t.Errorf("servers: nginx: %v", err)
		}
	}
	for _, other := range refusals { // last, so that no request slips through between two
		if other == status {
			continue
		}
		if err := os.Remove(n.file(strconv.Itoa(other))); err != nil && !os.IsNotExist(err) {
			n.t.Errorf("servers: nginx: %v", err)
		}
	}
}

// Requests returns the access log so far. nginx writes a request's entry some
// time after its answer: one that it refused, after all others that came till it
// had read what it did not want.
func (n *NginxServer) Requests() []NginxRequest {
	n.t.Helper()
	content, err := os.ReadFile(n.file("access.jsonl"))
	if err != nil {
		n.t.Errorf("servers: access log of nginx: %v", err)
		return nil
	}
	var all []NginxRequest
	for line := range bytes.Lines(content) {
		var r NginxRequest
		if line[len(line)-1] != '\n' {
			continue // being written
		}
		if err := json.Unmarshal(line, &r); err != nil {
			n.t.Errorf("servers: access log of nginx: %v in %q", err, line)
			return nil
		}
		all = append(all, r)
	}
	return all
}
