// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The certificate is fixed so that the cases can name its authority (tls/README.md).
var (
	//go:embed tls/cert.pem
	certificate []byte
	//go:embed tls/key.pem
	privateKey []byte
)

// seen is what a backend knows about a request: its answer, and its line in the log.
type seen struct {
	Namespace string              `json:"namespace,omitempty"` // whose Pod it stands for, where it was told so
	Service   string              `json:"service,omitempty"`
	Address   string              `json:"address"`
	Port      int                 `json:"port"`
	Proto     string              `json:"proto"`
	Method    string              `json:"method"`
	Path      string              `json:"path"`
	Host      string              `json:"host"`
	Headers   map[string][]string `json:"headers"`
	SNI       string              `json:"sni"`
	TLS       bool                `json:"tls"`
	Client    string              `json:"client"` // common name of the certificate that was shown
	Body      int64               `json:"body"`
}

const logSize = 100_000

// journal holds the requests since it was last emptied.
type journal struct {
	lock     sync.Mutex
	requests []seen
	failures map[string]int
	services map[string]string // NS/NAME by address
}

func (j *journal) add(request seen) {
	j.lock.Lock()
	defer j.lock.Unlock()
	if len(j.requests) < logSize {
		j.requests = append(j.requests, request)
	}
}

// fails tells whether this is one of the first n requests with this key.
func (j *journal) fails(key string, n int) bool {
	j.lock.Lock()
	defer j.lock.Unlock()
	j.failures[key]++

	return j.failures[key] <= n
}

// nameOf tells the namespace and name of the Service that an address belongs to, if that was told.
func (j *journal) nameOf(address string) (string, string) {
	j.lock.Lock()
	defer j.lock.Unlock()
	namespace, name, _ := strings.Cut(j.services[address], "/")

	return namespace, name
}

// ServeHTTP is the admin interface: GET and DELETE /log, PUT /services.
func (j *journal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/services" && r.Method == http.MethodPut {
		var services map[string]string
		if err := json.NewDecoder(r.Body).Decode(&services); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		j.lock.Lock()
		defer j.lock.Unlock()
		j.services = services
		return
	}
	if r.URL.Path != "/log" {
		http.NotFound(w, r)
		return
	}

	j.lock.Lock()
	defer j.lock.Unlock()
	if r.Method == http.MethodDelete {
		j.requests = nil
		j.failures = map[string]int{}
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(j.requests)
}

func serve(arguments []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	plain := flags.Int("http", 13000, "port for HTTP/1.1, and UDP")
	h2c := flags.Int("h2c", 13001, "port for HTTP/2 without TLS")
	secure := flags.Int("https", 13443, "port for HTTPS, HTTP/1.1 and HTTP/2")
	stream := flags.Int("stream", 13002, "port of the stream protocol")
	secureStream := flags.Int("tls-stream", 13444, "port of the stream protocol over TLS")
	admin := flags.String("admin", "127.0.0.1:13999", "address of the log")
	_ = flags.Parse(arguments)

	pair, err := tls.X509KeyPair(certificate, privateKey)
	if err != nil {
		return err
	}

	j := &journal{failures: map[string]int{}}
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r, j) })

	onlyH2C := new(http.Protocols)
	onlyH2C.SetUnencryptedHTTP2(true)

	servers := []*http.Server{
		{Addr: fmt.Sprintf(":%d", *plain), Handler: echo},
		{Addr: fmt.Sprintf(":%d", *h2c), Handler: echo, Protocols: onlyH2C},
		{Addr: fmt.Sprintf(":%d", *secure), Handler: echo, TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert}},
		{Addr: *admin, Handler: j},
	}

	failed := make(chan error)
	for _, server := range servers {
		// Handshakes that fail are what some cases are about.
		server.ErrorLog = log.New(io.Discard, "", 0)
		server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connection{}, c)
		}
		listener, err := net.Listen("tcp", server.Addr)
		if err != nil {
			return err
		}
		go func() {
			if server.TLSConfig != nil {
				failed <- server.ServeTLS(listener, "", "")
			} else {
				failed <- server.Serve(listener)
			}
		}()
	}
	if err := serveUDP(*plain, j); err != nil {
		return err
	}
	if err := serveStream(*stream, nil, j); err != nil {
		return err
	}
	if err := serveStream(*secureStream, &tls.Config{Certificates: []tls.Certificate{pair}}, j); err != nil {
		return err
	}
	fmt.Println("ready")

	// The runner holds the other end of stdin: when it is gone, so is this.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()

	return <-failed
}

type connection struct{}

func answer(w http.ResponseWriter, r *http.Request, j *journal) {
	query := r.URL.Query()
	conn, _ := r.Context().Value(connection{}).(net.Conn)

	length, _ := io.Copy(io.Discard, r.Body)
	s := describe(r, length)
	s.Namespace, s.Service = j.nameOf(s.Address)
	j.add(s)

	if duration, err := time.ParseDuration(query.Get("delay")); err == nil {
		time.Sleep(duration)
	}
	if query.Get("reset") != "" && conn != nil {
		reset(conn)
		return
	}
	if r.URL.Path == "/ws" && strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		serveWebSocket(w, r, s)
		return
	}

	status := http.StatusOK
	if n, _ := strconv.Atoi(query.Get("fail")); n > 0 && j.fails(query.Get("key"), n) {
		status = http.StatusServiceUnavailable
		if code, err := strconv.Atoi(query.Get("code")); err == nil {
			status = code
		}
	}
	if rest, found := strings.CutPrefix(r.URL.Path, "/status/"); found {
		if code, err := strconv.Atoi(rest); err == nil && code >= 200 && code <= 599 {
			status = code
		}
	}

	w.Header().Set("Content-Type", "application/json")
	for _, header := range query["set"] {
		if name, value, found := strings.Cut(header, ":"); found {
			w.Header().Add(name, value)
		}
	}
	if r.Method == http.MethodHead {
		if text, err := json.Marshal(s); err == nil {
			w.Header().Set("X-Seen", string(text))
		}
	}
	w.WriteHeader(status)
	if status != http.StatusNoContent && status != http.StatusNotModified {
		_ = json.NewEncoder(w).Encode(s)
	}
}

func describe(r *http.Request, length int64) seen {
	address, port := split(r.Context().Value(http.LocalAddrContextKey).(net.Addr))
	s := seen{
		Address: address, Port: port,
		Proto: r.Proto, Method: r.Method, Path: r.RequestURI, Host: r.Host,
		Headers: r.Header, TLS: r.TLS != nil, Body: length,
	}
	if r.TLS != nil {
		s.SNI = r.TLS.ServerName
		if len(r.TLS.PeerCertificates) > 0 {
			s.Client = r.TLS.PeerCertificates[0].Subject.CommonName
		}
	}

	return s
}

func split(address net.Addr) (string, int) {
	host, port, _ := net.SplitHostPort(address.String())
	number, _ := strconv.Atoi(port)

	return host, number
}

// reset closes the connection with a reset rather than an end of stream.
func reset(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if stream, ok := conn.(*net.TCPConn); ok {
		_ = stream.SetLinger(0)
	}
	_ = conn.Close()
}
