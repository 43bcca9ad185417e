// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// A node is the Pods that run here.
type node struct {
	client  kubernetes.Interface
	echo    string // the program behind every image of its name
	folder  string // of the volumes
	mutex   sync.Mutex
	pods    map[types.UID]*running
	started int
}

// running is a Pod from the moment that it is seen; process and ended follow once it runs.
type running struct {
	key     string // namespace/name
	logs    logBuffer
	mutex   sync.Mutex
	process *os.Process
	stopped bool
}

func newNode(client kubernetes.Interface) *node {
	return &node{client: client, echo: os.Getenv("ECHO_BASIC"), folder: os.Getenv("POD_FOLDER"),
		pods: map[types.UID]*running{}}
}

func (n *node) changed(pod *corev1.Pod) {
	if pod.DeletionTimestamp != nil {
		n.stop(pod.UID)
		go n.remove(pod)

		return
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if _, known := n.pods[pod.UID]; known {
		return
	}
	entry := &running{key: pod.Namespace + "/" + pod.Name}
	n.pods[pod.UID] = entry
	n.started++
	number := n.started
	go func() {
		if err := n.start(pod, entry, number); err != nil {
			log.Printf("pod %s: %v", entry.key, err)
		}
	}()
}

// remove tells the API server that the last of a deleted Pod is gone.
func (n *node) remove(pod *corev1.Pod) {
	now := int64(0)
	_ = n.client.CoreV1().Pods(pod.Namespace).Delete(context.Background(), pod.Name,
		metav1.DeleteOptions{GracePeriodSeconds: &now, Preconditions: metav1.NewUIDPreconditions(string(pod.UID))})
}

func (n *node) stop(uid types.UID) {
	n.mutex.Lock()
	entry := n.pods[uid]
	delete(n.pods, uid)
	n.mutex.Unlock()
	if entry == nil {
		return
	}
	entry.mutex.Lock()
	defer entry.mutex.Unlock()
	entry.stopped = true
	if entry.process != nil {
		_ = entry.process.Kill()
	}
}

func (n *node) start(pod *corev1.Pod, entry *running, number int) error {
	ctx := context.Background()
	if pod.Spec.NodeName == "" {
		binding := &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace},
			Target: corev1.ObjectReference{Kind: "Node", Name: nodeName}}
		if err := n.client.CoreV1().Pods(pod.Namespace).Bind(ctx, binding, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("binding: %w", err)
		}
	}
	container := pod.Spec.Containers[0]
	if !strings.Contains(container.Image, "echo-basic") {
		return fmt.Errorf("no program for image %s", container.Image)
	}
	mounts, err := n.volumes(ctx, pod, container)
	if err != nil {
		return err
	}
	address := fmt.Sprintf("198.18.%d.%d", 1+number/250, 1+number%250)
	words := []string{n.echo}
	for _, word := range container.Args {
		words = append(words, mounts.Replace(word))
	}
	command, err := launch(fmt.Sprintf("pod%d", number), address, words, environment(pod, container, address, mounts), &entry.logs)
	if err != nil {
		return err
	}
	entry.mutex.Lock()
	entry.process = command.Process
	if entry.stopped {
		_ = command.Process.Kill()
	}
	entry.mutex.Unlock()
	go entry.wait(command)
	awaitListening(command.Process.Pid)
	log.Printf("pod %s at %s", entry.key, address)

	return n.report(ctx, pod, container, address)
}

func (r *running) wait(command *exec.Cmd) {
	err := command.Wait()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.process = nil
	if !r.stopped {
		log.Printf("pod %s ended: %v", r.key, err)
	}
}

// environment is the container's own, with what comes from the Pod's fields.
func environment(pod *corev1.Pod, container corev1.Container, address string, mounts *strings.Replacer) []string {
	fields := map[string]string{"metadata.name": pod.Name, "metadata.namespace": pod.Namespace, "status.podIP": address}
	var result []string
	for _, variable := range container.Env {
		value := variable.Value
		if variable.ValueFrom != nil && variable.ValueFrom.FieldRef != nil {
			value = fields[variable.ValueFrom.FieldRef.FieldPath]
		}
		result = append(result, variable.Name+"="+mounts.Replace(value))
	}

	return result
}

// report makes the Pod ready.
func (n *node) report(ctx context.Context, pod *corev1.Pod, container corev1.Container, address string) error {
	now, yes := metav1.Now(), true
	var conditions []corev1.PodCondition
	for _, kind := range []corev1.PodConditionType{corev1.PodScheduled, corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
		conditions = append(conditions, corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	status := map[string]any{"status": corev1.PodStatus{
		Phase: corev1.PodRunning, StartTime: &now, Conditions: conditions,
		PodIP: address, PodIPs: []corev1.PodIP{{IP: address}}, HostIP: nodeAddress,
		ContainerStatuses: []corev1.ContainerStatus{{Name: container.Name, Image: container.Image, Ready: true, Started: &yes,
			State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}}},
	}}
	_, err := n.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, mustJSON(status),
		metav1.PatchOptions{}, "status")
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}

	return nil
}

// find gives the Pod that runs under a name.
func (n *node) find(key string) *running {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for _, entry := range n.pods {
		if entry.key == key {
			return entry
		}
	}

	return nil
}

func mustJSON(value any) []byte {
	text, err := json.Marshal(value)
	check(err)

	return text
}
