// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"log"
	"net/http"
	"sync"
	"time"
)

// logBuffer keeps a container's output by line, with the time at which each line came.
type logBuffer struct {
	mutex sync.Mutex
	part  []byte
	lines []logLine
}

type logLine struct {
	at   time.Time
	text string
}

func (b *logBuffer) Write(data []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.part = append(b.part, data...)
	for {
		line, rest, found := bytes.Cut(b.part, []byte("\n"))
		if !found {
			return len(data), nil
		}
		b.lines = append(b.lines, logLine{time.Now(), string(line)})
		b.part = rest
	}
}

// since gives the lines that came at a time or later.
func (b *logBuffer) since(start time.Time) []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	var result []string
	for _, line := range b.lines {
		if !line.at.Before(start) {
			result = append(result, line.text)
		}
	}

	return result
}

// serveLogs answers the API server's requests for a container's log as a kubelet does.
func (n *node) serveLogs(certificate, key string) {
	mux := http.NewServeMux()
	mux.HandleFunc("/containerLogs/{namespace}/{pod}/{container}", func(answer http.ResponseWriter, request *http.Request) {
		entry := n.find(request.PathValue("namespace") + "/" + request.PathValue("pod"))
		if entry == nil {
			http.Error(answer, "no such Pod", http.StatusNotFound)

			return
		}
		start, _ := time.Parse(time.RFC3339, request.URL.Query().Get("sinceTime"))
		for _, line := range entry.logs.since(start) {
			fmt.Fprintln(answer, line)
		}
	})
	log.Fatal(http.ListenAndServeTLS(fmt.Sprintf("%s:%d", nodeAddress, kubeletPort), certificate, key, mux))
}
