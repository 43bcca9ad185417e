// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // The protocol asks for it.
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// As much of RFC 6455 as an echo of short messages needs.

func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))

	return base64.StdEncoding.EncodeToString(sum[:])
}

// serveWebSocket first sends what it saw of the handshake, then every message back.
func serveWebSocket(w http.ResponseWriter, r *http.Request, s seen) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		http.Error(w, "no websocket over "+r.Proto, http.StatusNotImplemented)
		return
	}
	conn, stream, err := hijacker.Hijack()
	if err != nil {
		return
	}
	defer conn.Close()

	_, _ = stream.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + acceptKey(r.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n")
	text, _ := json.Marshal(s)
	_ = writeMessage(stream.Writer, text, false)
	for {
		message, err := readMessage(stream.Reader)
		if err != nil || writeMessage(stream.Writer, message, false) != nil {
			return
		}
	}
}

func writeMessage(w *bufio.Writer, message []byte, masked bool) error {
	mask := byte(0)
	if masked {
		mask = 0x80
	}
	if len(message) < 126 {
		_, _ = w.Write([]byte{0x81, mask | byte(len(message))})
	} else {
		_, _ = w.Write([]byte{0x81, mask | 126})
		_ = binary.Write(w, binary.BigEndian, uint16(len(message))) //nolint:gosec // Ours are short.
	}
	if masked {
		// A mask of zeros leaves the message as it is.
		_, _ = w.Write([]byte{0, 0, 0, 0})
	}
	_, _ = w.Write(message)

	return w.Flush()
}

func readMessage(r *bufio.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if head[0]&0x0f == 8 {
		return nil, io.EOF
	}

	length := int(head[1] & 0x7f)
	switch length {
	case 126:
		var long uint16
		if err := binary.Read(r, binary.BigEndian, &long); err != nil {
			return nil, err
		}
		length = int(long)
	case 127:
		return nil, errors.New("message too long")
	}

	var mask [4]byte
	if head[1]&0x80 != 0 {
		if _, err := io.ReadFull(r, mask[:]); err != nil {
			return nil, err
		}
	}
	message := make([]byte, length)
	if _, err := io.ReadFull(r, message); err != nil {
		return nil, err
	}
	for i := range message {
		message[i] ^= mask[i%4]
	}

	return message, nil
}
