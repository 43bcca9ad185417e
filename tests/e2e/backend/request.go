// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// order is one request to make. Target goes out as it is written, for HTTP/1.1.
type order struct {
	Proto   string      `json:"proto"` // http/1.1, h2, h2c, ws, stream, udp
	To      string      `json:"to"`    // host:port to connect to
	TLS     bool        `json:"tls"`
	SNI     string      `json:"sni"`
	ALPN    []string    `json:"alpn"`   // stream only
	Client  string      `json:"client"` // udp: orders with the same name come from one socket
	Cert    string      `json:"cert"`   // client certificate and key, PEM
	Method  string      `json:"method"`
	Host    string      `json:"host"`
	Target  string      `json:"target"`
	Headers [][2]string `json:"headers"`
	Body    string      `json:"body"`
	Timeout float64     `json:"timeout"` // seconds
}

type result struct {
	Error   string              `json:"error,omitempty"`
	Status  int                 `json:"status"`
	Proto   string              `json:"proto"`
	Headers map[string][]string `json:"headers"`
	Body    string              `json:"body"`
	Names   []string            `json:"names,omitempty"` // of the served leaf certificate
	Seconds float64             `json:"seconds"`
}

func request(_ []string) error {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := json.NewEncoder(os.Stdout)
	for {
		var o order
		if err := in.Decode(&o); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}

		began := time.Now()
		r, err := o.send()
		if err != nil {
			r.Error = err.Error()
		}
		r.Seconds = time.Since(began).Seconds()
		if err := out.Encode(r); err != nil {
			return err
		}
	}
}

func (o *order) send() (result, error) {
	timeout := time.Duration(o.Timeout * float64(time.Second))
	if timeout <= 0 {
		timeout = 10 * time.Second
	}
	deadline := time.Now().Add(timeout)

	switch o.Proto {
	case "udp":
		return o.sendUDP(deadline)
	case "stream":
		return o.sendStream(deadline)
	}

	conn, names, err := o.dial(deadline)
	if err != nil {
		return result{Names: names}, err
	}
	defer conn.Close()

	var r result
	switch o.Proto {
	case "h2", "h2c":
		r, err = o.sendHTTP2(conn, deadline)
	case "ws":
		r, err = o.sendWebSocket(conn)
	default:
		r, err = o.sendHTTP1(conn)
	}
	r.Names = names

	return r, err
}

func (o *order) dial(deadline time.Time) (net.Conn, []string, error) {
	conn, err := net.DialTimeout("tcp", o.To, time.Until(deadline))
	if err != nil {
		return nil, nil, err
	}
	_ = conn.SetDeadline(deadline)
	if !o.TLS {
		return conn, nil, nil
	}

	protocols := []string{"http/1.1"}
	if o.Proto == "h2" {
		protocols = []string{"h2"}
	}
	// The runner compares the names of the certificate; who signed it is no concern of the cases.
	config := &tls.Config{ServerName: o.SNI, InsecureSkipVerify: true, NextProtos: protocols} //nolint:gosec
	if o.Cert != "" {
		pair, err := tls.X509KeyPair([]byte(o.Cert), []byte(o.Cert))
		if err != nil {
			_ = conn.Close()
			return nil, nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	secure := tls.Client(conn, config)
	if err := secure.Handshake(); err != nil {
		_ = conn.Close()
		return nil, nil, err
	}

	state := secure.ConnectionState()
	if o.Proto == "h2" && state.NegotiatedProtocol != "h2" {
		_ = conn.Close()
		return nil, nil, fmt.Errorf("h2 was not negotiated, but %q", state.NegotiatedProtocol)
	}

	leaf := state.PeerCertificates[0]
	names := append([]string{}, leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}

	return secure, names, nil
}

func (o *order) write(w io.Writer, extra ...string) error {
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\n", o.Method, o.Target, o.Host)
	for _, header := range o.Headers {
		fmt.Fprintf(&head, "%s: %s\r\n", header[0], header[1])
	}
	if o.Body != "" {
		fmt.Fprintf(&head, "Content-Length: %d\r\n", len(o.Body))
	}
	for _, line := range extra {
		head.WriteString(line + "\r\n")
	}
	head.WriteString("\r\n" + o.Body)
	_, err := io.WriteString(w, head.String())

	return err
}

// sendHTTP1 writes the request by hand: nothing is added, cleaned or reordered.
func (o *order) sendHTTP1(conn net.Conn) (result, error) {
	if err := o.write(conn, "Connection: close"); err != nil {
		return result{}, err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: o.Method})
	if err != nil {
		return result{}, err
	}

	return collect(response)
}

func collect(response *http.Response) (result, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)

	return result{Status: response.StatusCode, Proto: response.Proto, Headers: response.Header, Body: string(body)}, err
}

func (o *order) sendHTTP2(conn net.Conn, deadline time.Time) (result, error) {
	scheme := "http"
	if o.TLS {
		scheme = "https"
	}
	target, err := url.Parse(scheme + "://" + o.Host + o.Target)
	if err != nil {
		return result{}, err
	}

	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(!o.TLS)
	protocols.SetHTTP2(o.TLS)
	dial := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	transport := &http.Transport{Protocols: protocols, DialContext: dial, DialTLSContext: dial}
	defer transport.CloseIdleConnections()

	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, o.Method, target.String(), bytes.NewReader([]byte(o.Body)))
	if err != nil {
		return result{}, err
	}
	r.Host = o.Host
	for _, header := range o.Headers {
		r.Header.Add(header[0], header[1])
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		return result{}, err
	}

	return collect(response)
}

// sendWebSocket answers with what the backend saw of the handshake, provided that a message comes back too.
func (o *order) sendWebSocket(conn net.Conn) (result, error) {
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	err := o.write(conn, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: "+key)
	if err != nil {
		return result{}, err
	}
	stream := bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))
	response, err := http.ReadResponse(stream.Reader, &http.Request{Method: o.Method})
	if err != nil {
		return result{}, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return collect(response)
	}

	r := result{Status: response.StatusCode, Proto: response.Proto, Headers: response.Header}
	if response.Header.Get("Sec-WebSocket-Accept") != acceptKey(key) {
		return r, fmt.Errorf("wrong Sec-WebSocket-Accept")
	}
	greeting, err := readMessage(stream.Reader)
	if err != nil {
		return r, err
	}
	r.Body = string(greeting)
	if err := writeMessage(stream.Writer, []byte("ping"), true); err != nil {
		return r, err
	}
	echo, err := readMessage(stream.Reader)
	if err == nil && string(echo) != "ping" {
		err = fmt.Errorf("the echo was %q", echo)
	}

	return r, err
}

// Sockets that are kept between orders.
var sockets = map[string]net.Conn{}

func (o *order) sendUDP(deadline time.Time) (result, error) {
	conn := sockets[o.Client]
	if conn == nil || conn.RemoteAddr().String() != o.To {
		fresh, err := net.Dial("udp", o.To)
		if err != nil {
			return result{}, err
		}
		conn = fresh
	}
	if o.Client == "" {
		defer conn.Close()
	} else {
		sockets[o.Client] = conn
	}
	_ = conn.SetDeadline(deadline)
	if _, err := io.WriteString(conn, o.Target); err != nil {
		return result{}, err
	}
	buffer := make([]byte, 65536)
	n, err := conn.Read(buffer)
	if err != nil {
		return result{}, err
	}

	return result{Status: http.StatusOK, Proto: "UDP", Body: string(buffer[:n])}, nil
}
