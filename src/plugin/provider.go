// SPDX-License-Identifier: Apache-2.0

// Package gatefile is a Traefik provider plugin: it hands the JSON file that
// gatefile publishes to Traefik, and changes nothing in it but one mark that says
// which version of the plugin this is.
//
// Traefik interprets this file (Yaegi), and a panic in here would end Traefik:
// standard library only, no cleverness.
package gatefile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

const (
	// configFile and wakePipe are what gatefile writes below --out DIR.
	configFile = "gatefile.json"
	wakePipe   = ".gatefile/wake"

	// version goes up with each change that gatefile's agent has to know of.
	version = "2"

	// generationMark is where gatefile's mark of a generation stands in the file: quotes inside a
	// string of JSON are escaped, so it stands nowhere else.
	generationMark = `"gatefile-generation":{"headers":{"customResponseHeaders":{`
	versionMark    = `"X-Gatefile-Plugin":"` + version + `",`

	defaultPollInterval = time.Second
	minPollInterval     = 100 * time.Millisecond

	// maxSize keeps a runaway file from taking Traefik's memory.
	maxSize = 256 << 20

	// restAfterWake bounds what a flooded pipe can cost; a single wake-up is not delayed by it.
	restAfterWake = 5 * time.Millisecond

	// fullReadEvery is the number of polls after which the file is read even
	// though its inode, size and time look the same.
	fullReadEvery = 30
)

// Config is the plugin's part of Traefik's static configuration.
type Config struct {
	// Directory is the one that gatefile's --out names.
	Directory string `json:"directory,omitempty"`
	// PollInterval is how often the file is looked at where no wake-up arrives, such as 1s.
	PollInterval string `json:"pollInterval,omitempty"`
}

// CreateConfig returns the defaults; Traefik fills in the rest.
func CreateConfig() *Config {
	return &Config{PollInterval: defaultPollInterval.String()}
}

// Provider watches one file.
type Provider struct {
	path         string
	pipePath     string
	pollInterval time.Duration

	wakes    chan struct{}
	stopping chan struct{}
	stopOnce sync.Once

	pipeLock sync.Mutex
	pipe     *os.File

	// The rest belongs to the goroutine that loads.
	last      os.FileInfo // what the file looked like when it was last read
	skipped   int         // polls since then
	seen      string      // hash of the last content read, good or bad
	delivered string      // hash of the last content handed over
	problem   string      // what was reported last
}

// New checks the settings.
func New(_ context.Context, config *Config, _ string) (*Provider, error) {
	if config.Directory == "" {
		return nil, errors.New("gatefile: the setting 'directory' is required: the directory that gatefile's --out names")
	}

	interval, err := parseInterval(config.PollInterval)
	if err != nil {
		return nil, err
	}

	return &Provider{
		path:         filepath.Join(config.Directory, configFile),
		pipePath:     filepath.Join(config.Directory, wakePipe),
		pollInterval: interval,
		wakes:        make(chan struct{}, 1),
		stopping:     make(chan struct{}),
	}, nil
}

// parseInterval takes bare digits as seconds, as Traefik's own options do.
func parseInterval(text string) (time.Duration, error) {
	if text == "" {
		return defaultPollInterval, nil
	}

	interval, err := time.ParseDuration(text)
	if seconds, notDigits := strconv.Atoi(text); notDigits == nil {
		interval, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil {
		return 0, fmt.Errorf("gatefile: pollInterval: %w", err)
	}
	if interval < minPollInterval {
		return 0, fmt.Errorf("gatefile: pollInterval: %s is less than %s", interval, minPollInterval)
	}

	return interval, nil
}

// Init is part of Traefik's plugin interface.
func (p *Provider) Init() error {
	return nil
}

// Provide starts watching and returns.
func (p *Provider) Provide(configurations chan<- json.Marshaler) error {
	go p.watch(configurations)
	go p.listen()

	return nil
}

// Stop ends both goroutines.
func (p *Provider) Stop() error {
	p.stopOnce.Do(func() { close(p.stopping) })

	// A pending read returns as soon as its file is closed.
	p.pipeLock.Lock()
	defer p.pipeLock.Unlock()
	if p.pipe != nil {
		_ = p.pipe.Close()
	}

	return nil
}

func (p *Provider) stopped() bool {
	select {
	case <-p.stopping:
		return true
	default:
		return false
	}
}

// pause returns false when the provider was stopped meanwhile.
func (p *Provider) pause(duration time.Duration) bool {
	timer := time.NewTimer(duration)
	defer timer.Stop()

	select {
	case <-p.stopping:
		return false
	case <-timer.C:
		return true
	}
}

// watch hands over every new content of the file.
func (p *Provider) watch(configurations chan<- json.Marshaler) {
	ticker := time.NewTicker(p.pollInterval)
	defer ticker.Stop()

	woken := true
	for {
		content := p.load(woken)
		if content != nil {
			// In the select below, Traefik's interpreter never sends what a call returns.
			content = signed(content)
			select {
			case configurations <- json.RawMessage(content):
			case <-p.stopping:
				return
			}
		}

		select {
		case <-p.wakes:
			woken = true
		case <-ticker.C:
			woken = false
		case <-p.stopping:
			return
		}
	}
}

// signed adds our version to the mark of the generation, where gatefile's agent finds it through
// Traefik's API. No router uses that middleware.
func signed(content []byte) []byte {
	return bytes.Replace(content, []byte(generationMark), []byte(generationMark+versionMark), 1)
}

// load returns the file's content where it is new and fit to be handed over, else nil.
// Whatever is wrong with the file, Traefik keeps what it has.
func (p *Provider) load(woken bool) []byte {
	info, err := os.Stat(p.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		p.last = nil
		if p.delivered == "" {
			p.report("waiting for " + p.path)
		} else {
			p.report(p.path + " is gone: the last configuration stays")
		}
		return nil
	case err != nil:
		p.last = nil
		p.report(err.Error())
		return nil
	case !info.Mode().IsRegular():
		// Opening a pipe or a device could block for ever.
		p.last = nil
		p.report(p.path + " is not a regular file")
		return nil
	case info.Size() > maxSize:
		p.last = nil
		p.report(tooLarge(p.path))
		return nil
	}

	if !woken && p.looksUnchanged(info) && p.skipped < fullReadEvery {
		p.skipped++
		return nil
	}

	content, err := read(p.path)
	if err != nil {
		p.last = nil
		p.report(err.Error())
		return nil
	}
	p.last = info
	p.skipped = 0

	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:])
	if hash == p.seen {
		if hash == p.delivered {
			p.report("")
		}
		return nil
	}
	p.seen = hash

	if !isObject(content) {
		p.report(fmt.Sprintf("%s (%d bytes) is not a complete JSON object: the last configuration stays", p.path, len(content)))
		return nil
	}
	p.report("")

	if hash == p.delivered {
		return nil
	}
	p.delivered = hash

	return content
}

// isObject tells an object from what is cut off, and from JSON of another kind, such as null, which
// would empty Traefik's configuration. What is between its braces Traefik checks as a whole before
// it takes any of it; of a large change, doing it twice would be 4 % of the time until it is served.
func isObject(content []byte) bool {
	const space = " \t\r\n"
	content = bytes.Trim(content, space)
	return len(content) > 1 && content[0] == '{' && content[len(content)-1] == '}'
}

func (p *Provider) looksUnchanged(info os.FileInfo) bool {
	return p.last != nil && os.SameFile(p.last, info) &&
		p.last.Size() == info.Size() && p.last.ModTime().Equal(info.ModTime())
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()

	content, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, err
	}
	// It may have grown since it was looked at.
	if len(content) > maxSize {
		return nil, errors.New(tooLarge(path))
	}

	return content, nil
}

func tooLarge(path string) string {
	return fmt.Sprintf("%s is larger than %d bytes: the last configuration stays", path, maxSize)
}

// report says each problem once; an empty problem says that the last one is gone.
func (p *Provider) report(problem string) {
	if problem == p.problem {
		return
	}

	if problem != "" {
		logLine(problem)
	} else {
		logLine("reading " + p.path)
	}
	p.problem = problem
}

func logLine(text string) {
	_, _ = os.Stderr.WriteString("gatefile: " + text + "\n")
}

// listen turns what arrives in the pipe into wake-ups. The pipe comes and goes with
// gatefile, so this keeps looking for it.
func (p *Provider) listen() {
	denied := false
	for {
		pipe, err := openPipe(p.pipePath)
		if err != nil && !denied {
			denied = true
			logLine("no wake-ups, polling only: " + err.Error())
		}
		if pipe != nil {
			denied = false
			if !p.adopt(pipe) {
				return
			}
			// Between the last look at the file and the opening a wake-up may have been lost.
			p.wake()
			p.drain(pipe)
			p.drop(pipe)
		}

		if !p.pause(p.pollInterval) {
			return
		}
	}
}

// openPipe returns nil without an error where there is no pipe. It opens for reading
// *and* writing: so the opening does not wait for a writer, there is no end of file
// when the writer goes, and a read-only mount is no obstacle.
func openPipe(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return nil, nil
	}

	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}

	opened, err := pipe.Stat()
	if err != nil || !os.SameFile(info, opened) {
		_ = pipe.Close()
		return nil, nil
	}

	return pipe, nil
}

// adopt makes the pipe known to Stop.
func (p *Provider) adopt(pipe *os.File) bool {
	p.pipeLock.Lock()
	defer p.pipeLock.Unlock()

	if p.stopped() {
		_ = pipe.Close()
		return false
	}
	p.pipe = pipe

	return true
}

func (p *Provider) drop(pipe *os.File) {
	p.pipeLock.Lock()
	defer p.pipeLock.Unlock()

	_ = pipe.Close()
	p.pipe = nil
}

// drain reads until the pipe is gone, was replaced, or the provider was stopped.
func (p *Provider) drain(pipe *os.File) {
	buffer := make([]byte, 4096)
	for {
		// Without a deadline a replaced pipe would be listened to for ever.
		err := pipe.SetReadDeadline(time.Now().Add(p.pollInterval))
		if err != nil {
			return
		}

		_, err = pipe.Read(buffer)
		switch {
		case err == nil:
			p.wake()
			if !p.pause(restAfterWake) {
				return
			}
		case errors.Is(err, os.ErrDeadlineExceeded):
			if !stillAt(p.pipePath, pipe) {
				return
			}
		default:
			return
		}
	}
}

func stillAt(path string, pipe *os.File) bool {
	named, err := os.Lstat(path)
	if err != nil {
		return false
	}

	opened, err := pipe.Stat()

	return err == nil && os.SameFile(named, opened)
}

// wake never waits: one pending wake-up is as good as many.
func (p *Provider) wake() {
	select {
	case p.wakes <- struct{}{}:
	default:
	}
}
