// SPDX-License-Identifier: Apache-2.0

// Command backend stands in for every pod of the end-to-end cases, and is their client.
//
//	backend serve    answers on all addresses; who was asked shows in the local address
//	backend request  reads requests as JSON lines from stdin, writes answers to stdout
package main

import (
	"fmt"
	"os"
)

func main() {
	command := ""
	if len(os.Args) > 1 {
		command = os.Args[1]
	}

	var err error
	switch command {
	case "serve":
		err = serve(os.Args[2:])
	case "request":
		err = request(os.Args[2:])
	default:
		err = fmt.Errorf("usage: %s serve|request [-h]", os.Args[0])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
