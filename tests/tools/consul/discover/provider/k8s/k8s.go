// SPDX-License-Identifier: Apache-2.0

package k8s

import (
	"errors"
	"log"
)

type Provider struct{}

func (*Provider) Addrs(map[string]string, *log.Logger) ([]string, error) {
	return nil, errors.New("there is no cloud here")
}

func (*Provider) Help() string { return "" }
