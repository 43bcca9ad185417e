// SPDX-License-Identifier: Apache-2.0

// podrunner stands in for the scheduler and a kubelet: it runs the container of each Pod as a
// process in a network namespace of its own, reports the Pod as ready, and serves its logs.
//
//	podrunner run     the whole; what it needs is in the variables of `configuration`
//	podrunner enter   its own helper: becomes a Pod's process once the network is there
package main

import (
	"context"
	"log"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	nodeName    = "local"
	nodeAddress = "198.18.0.1" // the bridge
	bridge      = "br0"
	kubeletPort = 10250
)

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	if len(os.Args) > 1 && os.Args[1] == "enter" {
		enter(os.Args[2], os.Args[3:])
	}
	if len(os.Args) != 2 || os.Args[1] != "run" {
		log.Fatal("usage: podrunner run")
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	check(err)
	config.QPS, config.Burst = 200, 400
	n := newNode(kubernetes.NewForConfigOrDie(config))
	check(n.register())
	go n.serveLogs(os.Getenv("TLS_CERT"), os.Getenv("TLS_KEY"))
	n.follow()
	log.Print("running")
	select {}
}

func (n *node) register() error {
	ctx := context.Background()
	object := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeName}}
	if _, err := n.client.CoreV1().Nodes().Create(ctx, object, metav1.CreateOptions{}); err != nil {
		return err
	}
	status := map[string]any{"status": corev1.NodeStatus{
		DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: kubeletPort}},
		Addresses:       []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: nodeAddress}},
		Conditions: []corev1.NodeCondition{
			{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "Ready", Message: "ready"},
		},
	}}
	_, err := n.client.CoreV1().Nodes().Patch(ctx, nodeName, types.MergePatchType, mustJSON(status),
		metav1.PatchOptions{}, "status")

	return err
}

// follow starts and stops Pods as the API server says.
func (n *node) follow() {
	factory := informers.NewSharedInformerFactory(n.client, 0)
	_, err := factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { n.changed(object.(*corev1.Pod)) },
		UpdateFunc: func(_, object any) { n.changed(object.(*corev1.Pod)) },
		DeleteFunc: func(object any) {
			if last, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = last.Obj
			}
			if pod, ok := object.(*corev1.Pod); ok {
				n.stop(pod.UID)
			}
		},
	})
	check(err)
	factory.Start(nil)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
