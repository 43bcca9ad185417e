// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// startLimit is how long a Pod may take until it listens; it is reported as ready after that, too.
const startLimit = 10 * time.Second

// launch starts words in a network namespace of its own, with one address on the bridge. The
// namespace and its link go with the process, however that ends.
func launch(link, address string, words, environment []string, output io.Writer) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	wait, goOn, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer goOn.Close()
	command := exec.Command(self, append([]string{"enter", address}, words...)...)
	command.Env = append(environment, "PATH="+os.Getenv("PATH"))
	command.Stdout, command.Stderr = output, output
	command.ExtraFiles = []*os.File{wait}
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	err = command.Start()
	wait.Close()
	if err != nil {
		return nil, err
	}
	err = run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", fmt.Sprint(command.Process.Pid))
	if err == nil {
		err = run("ip", "link", "set", link, "master", bridge, "up")
	}
	if err != nil {
		_ = command.Process.Kill()
		_ = command.Wait()
	}

	return command, err
}

// enter waits until launch has made the link, finishes the network from inside, and becomes words.
func enter(address string, words []string) {
	_, _ = io.ReadAll(os.NewFile(3, "wait"))
	for _, line := range []string{
		"link set lo up",
		"address add " + address + "/16 dev eth0",
		"link set eth0 up",
		"route add default via " + nodeAddress,
	} {
		check(run("ip", strings.Fields(line)...))
	}
	log.Fatal(syscall.Exec(words[0], words, os.Environ()))
}

// awaitListening returns when a process has a socket in its namespace, that is when it serves.
func awaitListening(pid int) {
	for end := time.Now().Add(startLimit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, protocol := range []string{"tcp", "tcp6", "udp", "udp6"} {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, protocol))
			if err == nil && bytes.Count(text, []byte("\n")) > 1 {
				return
			}
		}
	}
}

func run(name string, words ...string) error {
	if output, err := exec.Command(name, words...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(words, " "), err, bytes.TrimSpace(output))
	}

	return nil
}
