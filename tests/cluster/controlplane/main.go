// SPDX-License-Identifier: Apache-2.0

// One program with what makes a Kubernetes API: `controlplane kube-apiserver FLAG...` and
// `controlplane kube-controller-manager FLAG...` are the stock programs, `controlplane etcd FOLDER
// PORT PEER-PORT` is the store, which keeps nothing over a power cut.
package main

import (
	"fmt"
	"net/url"
	"os"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "kube-apiserver":
		os.Args = os.Args[1:]
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case len(os.Args) > 1 && os.Args[1] == "kube-controller-manager":
		os.Args = os.Args[1:]
		os.Exit(cli.Run(manager.NewControllerManagerCommand()))
	case len(os.Args) == 5 && os.Args[1] == "etcd":
		fmt.Fprintln(os.Stderr, etcd(os.Args[2], os.Args[3], os.Args[4]))
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "usage: controlplane kube-apiserver|kube-controller-manager FLAG... | etcd FOLDER PORT PEER-PORT")
		os.Exit(2)
	}
}

// etcd runs until it fails.
func etcd(folder, port, peerPort string) error {
	config := embed.NewConfig()
	config.Dir = folder
	client := []url.URL{{Scheme: "http", Host: "127.0.0.1:" + port}}
	peer := []url.URL{{Scheme: "http", Host: "127.0.0.1:" + peerPort}}
	config.ListenClientUrls, config.AdvertiseClientUrls = client, client
	config.ListenPeerUrls, config.AdvertisePeerUrls = peer, peer
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.UnsafeNoFsync = true
	config.LogLevel = "warn"

	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	<-server.Server.ReadyNotify()
	fmt.Println("etcd ready")

	return <-server.Err()
}
