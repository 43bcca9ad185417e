// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// The stream protocol: the server speaks first, one line of JSON that says who it is, then sends back what
// it gets. When the client has closed its side the server says "end", after a pause if the first thing that
// it got was "/wait=DURATION".

const farewell = "end"

type writeCloser interface {
	net.Conn
	CloseWrite() error
}

// serveStream answers on a port of all addresses, with TLS if there is a configuration.
func serveStream(port int, config *tls.Config, j *journal) error {
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go talk(conn.(writeCloser), config, j)
		}
	}()

	return nil
}

func talk(conn writeCloser, config *tls.Config, j *journal) {
	defer conn.Close()
	address, port := split(conn.LocalAddr())
	s := seen{Address: address, Port: port, Proto: "TCP"}
	if config != nil {
		secure := tls.Server(conn, config)
		if secure.Handshake() != nil {
			return
		}
		s.TLS, s.SNI = true, secure.ConnectionState().ServerName
		conn = secure
	}
	j.add(s)

	text, _ := json.Marshal(s)
	if _, err := conn.Write(append(text, '\n')); err != nil {
		return
	}
	buffer := make([]byte, 65536)
	var pause time.Duration
	for first := true; ; first = false {
		n, err := conn.Read(buffer)
		if n > 0 {
			if first {
				duration, _ := strings.CutPrefix(string(buffer[:n]), "/wait=")
				pause, _ = time.ParseDuration(duration)
			}
			if _, err := conn.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			break
		}
	}
	time.Sleep(pause)
	_, _ = io.WriteString(conn, farewell)
	_ = conn.CloseWrite()
}

// sendStream plays the client's part of it: what the server said first is the answer's body.
func (o *order) sendStream(deadline time.Time) (result, error) {
	raw, err := net.DialTimeout("tcp", o.To, time.Until(deadline))
	if err != nil {
		return result{}, err
	}
	defer raw.Close()
	_ = raw.SetDeadline(deadline)

	r := result{Proto: "TCP"}
	conn := raw.(writeCloser)
	if o.TLS {
		config := &tls.Config{ServerName: o.SNI, InsecureSkipVerify: true, NextProtos: o.ALPN} //nolint:gosec
		secure := tls.Client(raw, config)
		if err := secure.Handshake(); err != nil {
			return r, ended(err)
		}
		state := secure.ConnectionState()
		r.Names = state.PeerCertificates[0].DNSNames
		r.Proto = state.NegotiatedProtocol
		conn = secure
	}

	reader := bufio.NewReader(conn)
	greeting, err := reader.ReadString('\n')
	if err != nil {
		return r, ended(err)
	}
	r.Body = greeting
	if _, err := io.WriteString(conn, o.Target); err != nil {
		return r, ended(err)
	}
	echo := make([]byte, len(o.Target))
	if _, err := io.ReadFull(reader, echo); err != nil || string(echo) != o.Target {
		return r, fmt.Errorf("the echo was %q: %w", echo, err)
	}
	if err := conn.CloseWrite(); err != nil {
		return r, ended(err)
	}
	rest, err := io.ReadAll(reader)
	if err != nil {
		return r, ended(err)
	}
	if string(rest) != farewell {
		return r, fmt.Errorf("after the end of this side came %q", rest)
	}
	r.Status = 200

	return r, nil
}

// ended tells a connection that was closed or reset from other failures, such as alerts of TLS.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		return fmt.Errorf("closed: %w", err)
	}

	return err
}
