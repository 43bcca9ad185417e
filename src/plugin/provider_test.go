// SPDX-License-Identifier: Apache-2.0

package gatefile

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// slow is a poll interval that no test waits for: what arrives, arrived by wake-up.
	slow = "1h"
	fast = "100ms"
)

type fixture struct {
	t              *testing.T
	directory      string
	provider       *Provider
	configurations chan json.Marshaler
}

func start(t *testing.T, interval string, prepare func(directory string)) *fixture {
	t.Helper()

	directory := t.TempDir()
	if prepare != nil {
		prepare(directory)
	}

	provider, err := New(context.Background(), &Config{Directory: directory, PollInterval: interval}, "test")
	if err != nil {
		t.Fatal(err)
	}

	f := &fixture{t: t, directory: directory, provider: provider, configurations: make(chan json.Marshaler)}
	if err := provider.Provide(f.configurations); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = provider.Stop() })

	return f
}

func makePipe(t *testing.T) func(string) {
	return func(directory string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(directory, ".gatefile"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(filepath.Join(directory, wakePipe), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func publish(t *testing.T, directory, content string) {
	t.Helper()

	temporary := filepath.Join(directory, "next.tmp")
	if err := os.WriteFile(temporary, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, filepath.Join(directory, configFile)); err != nil {
		t.Fatal(err)
	}
}

// wake does what gatefile does: it never waits for a reader.
func wake(t *testing.T, directory string) {
	t.Helper()

	deadline := time.Now().Add(5 * time.Second)
	for {
		pipe, err := os.OpenFile(filepath.Join(directory, wakePipe), os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			_, err = pipe.Write([]byte("x"))
			_ = pipe.Close()
		}
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (f *fixture) expect(want string) {
	f.t.Helper()

	select {
	case marshaler := <-f.configurations:
		got, err := marshaler.MarshalJSON()
		if err != nil || string(got) != want {
			f.t.Fatalf("got %s, %v; want %s", got, err, want)
		}
	case <-time.After(5 * time.Second):
		f.t.Fatalf("nothing arrived; want %s", want)
	}
}

func (f *fixture) expectNothing(duration time.Duration) {
	f.t.Helper()

	select {
	case marshaler := <-f.configurations:
		got, _ := marshaler.MarshalJSON()
		f.t.Fatalf("got %s; want nothing", got)
	case <-time.After(duration):
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{}, "'directory' is required"},
		{Config{Directory: "d", PollInterval: "soon"}, "pollInterval"},
		{Config{Directory: "d", PollInterval: "1ms"}, "less than"},
		{Config{Directory: "d", PollInterval: "-1s"}, "less than"},
		{Config{Directory: "d", PollInterval: "2"}, ""},
		{Config{Directory: "d"}, ""},
		{Config{Directory: "d", PollInterval: CreateConfig().PollInterval}, ""},
	} {
		_, err := New(context.Background(), &c.config, "test")
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: got %v, want %q", c.config, err, c.want)
		}
	}
}

func TestHandsOverUnchanged(t *testing.T) {
	content := " {\"http\" :{\"routers\":{\"a\":{\"rule\":\"Host(`x`)\"}}}}\n"
	f := start(t, fast, func(directory string) { publish(t, directory, content) })
	f.expect(content)
}

// Only the mark itself is signed, not what looks like it in a string.
func TestSaysItsVersion(t *testing.T) {
	const looksLike = `{"a":"\"gatefile-generation\":{\"headers\":{\"customResponseHeaders\":{",`
	const before = looksLike + `"http":{"middlewares":{"gatefile-generation":{"headers":{"customResponseHeaders":{"X-Gatefile-Generation":"1"}}}}}}`
	const after = looksLike + `"http":{"middlewares":{"gatefile-generation":{"headers":{"customResponseHeaders":{"X-Gatefile-Plugin":"` + version + `","X-Gatefile-Generation":"1"}}}}}}`

	if got := string(signed([]byte(before))); got != after {
		t.Errorf("got %s", got)
	}
	if got := string(signed([]byte(`{"http":{}}`))); got != `{"http":{}}` {
		t.Errorf("got %s", got)
	}
}

func TestWaitsForTheFile(t *testing.T) {
	f := start(t, fast, nil)
	f.expectNothing(150 * time.Millisecond)
	publish(t, f.directory, "{}")
	f.expect("{}")
}

func TestSameContentIsHandedOverOnce(t *testing.T) {
	f := start(t, fast, func(directory string) { publish(t, directory, "{}") })
	f.expect("{}")
	publish(t, f.directory, "{}")
	f.expectNothing(400 * time.Millisecond)
}

func TestSameTimeAndSizeIsStillRead(t *testing.T) {
	f := start(t, fast, func(directory string) { publish(t, directory, `{"a":1}`) })
	f.expect(`{"a":1}`)

	info, err := os.Stat(filepath.Join(f.directory, configFile))
	if err != nil {
		t.Fatal(err)
	}
	temporary := filepath.Join(f.directory, "next.tmp")
	if err := os.WriteFile(temporary, []byte(`{"a":2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(temporary, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, filepath.Join(f.directory, configFile)); err != nil {
		t.Fatal(err)
	}
	f.expect(`{"a":2}`)
}

func TestBadFileLeavesTheLastGood(t *testing.T) {
	f := start(t, fast, func(directory string) { publish(t, directory, `{"a":1}`) })
	f.expect(`{"a":1}`)

	for _, bad := range []string{"", "{", "}", `{"a":1`, `{"a":1}]`, "null", "[]", `"text"`, "\xef\xbb\xbf{}", strings.Repeat("[", 1<<20)} {
		publish(t, f.directory, bad)
		f.expectNothing(250 * time.Millisecond)
	}

	// The good one again is nothing new.
	publish(t, f.directory, `{"a":1}`)
	f.expectNothing(250 * time.Millisecond)
	publish(t, f.directory, `{"a":2}`)
	f.expect(`{"a":2}`)
}

// Traefik refuses it as a whole (tests/e2e/plugin.py).
func TestWhatIsBetweenTheBracesIsTraefiksToJudge(t *testing.T) {
	f := start(t, fast, func(directory string) { publish(t, directory, `{"a":1}`) })
	f.expect(`{"a":1}`)

	publish(t, f.directory, "{'a':1}")
	f.expect("{'a':1}")
	publish(t, f.directory, `{"a":1}`)
	f.expect(`{"a":1}`)
}

func TestVanishedFileLeavesTheLastGood(t *testing.T) {
	f := start(t, fast, func(directory string) { publish(t, directory, `{"a":1}`) })
	f.expect(`{"a":1}`)

	if err := os.Remove(filepath.Join(f.directory, configFile)); err != nil {
		t.Fatal(err)
	}
	f.expectNothing(250 * time.Millisecond)
	publish(t, f.directory, `{"a":2}`)
	f.expect(`{"a":2}`)
}

func TestOversizedFileLeavesTheLastGood(t *testing.T) {
	f := start(t, fast, func(directory string) { publish(t, directory, `{"a":1}`) })
	f.expect(`{"a":1}`)

	// A hole costs no disk.
	temporary := filepath.Join(f.directory, "next.tmp")
	if err := os.WriteFile(temporary, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(temporary, maxSize+1); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, filepath.Join(f.directory, configFile)); err != nil {
		t.Fatal(err)
	}
	f.expectNothing(500 * time.Millisecond)
}

func TestPipeInPlaceOfTheFileDoesNotBlock(t *testing.T) {
	f := start(t, fast, func(directory string) {
		if err := syscall.Mkfifo(filepath.Join(directory, configFile), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	f.expectNothing(250 * time.Millisecond)
	publish(t, f.directory, "{}")
	f.expect("{}")
}

func TestWakeUp(t *testing.T) {
	f := start(t, slow, makePipe(t))
	for i := range 20 {
		content := fmt.Sprintf(`{"a":%d}`, i)
		publish(t, f.directory, content)
		wake(t, f.directory)
		f.expect(content)
	}
}

func TestPipeAppearsLater(t *testing.T) {
	f := start(t, fast, nil)
	makePipe(t)(f.directory)
	wake(t, f.directory) // waits until the provider listens
	publish(t, f.directory, "{}")
	wake(t, f.directory)
	f.expect("{}")
}

func TestReplacedPipe(t *testing.T) {
	f := start(t, fast, makePipe(t))
	wake(t, f.directory)
	if err := os.RemoveAll(filepath.Join(f.directory, ".gatefile")); err != nil {
		t.Fatal(err)
	}
	makePipe(t)(f.directory)
	wake(t, f.directory)
}

func TestNotAPipe(t *testing.T) {
	for name, prepare := range map[string]func(string) error{
		"file":      func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"link":      func(path string) error { return os.Symlink("/dev/zero", path) },
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, fast, func(directory string) {
				if err := os.MkdirAll(filepath.Join(directory, ".gatefile"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := prepare(filepath.Join(directory, wakePipe)); err != nil {
					t.Fatal(err)
				}
			})
			publish(t, f.directory, "{}")
			f.expect("{}")
		})
	}
}

func TestFloodedPipeDoesNotSpin(t *testing.T) {
	f := start(t, slow, makePipe(t))
	publish(t, f.directory, "{}")
	wake(t, f.directory)
	f.expect("{}")

	var before, after syscall.Rusage
	pipe, err := os.OpenFile(filepath.Join(f.directory, wakePipe), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	for deadline := time.Now().Add(500 * time.Millisecond); time.Now().Before(deadline); {
		_, _ = pipe.Write([]byte("x"))
		time.Sleep(200 * time.Microsecond)
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)

	if used := time.Duration(after.Utime.Nano() - before.Utime.Nano()); used > 250*time.Millisecond {
		t.Errorf("half a second of wake-ups took %s of processor time", used)
	}
}

func TestStopEndsTheGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, prepare := range []func(string){nil, makePipe(t), func(directory string) { publish(t, directory, "{}") }} {
		// The last one is stopped while nobody takes what it wants to hand over.
		f := start(t, slow, prepare)
		time.Sleep(50 * time.Millisecond)
		if err := f.provider.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := f.provider.Stop(); err != nil {
			t.Fatal(err)
		}
	}

	deadline := time.Now().Add(2 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left", runtime.NumGoroutine()-before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
