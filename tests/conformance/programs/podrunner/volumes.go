// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const volumeLimit = 2 * time.Minute

// volumes writes what a container mounts and gives what turns its paths into those. A process
// here sees the machine's file system, so that paths are replaced where they are named.
func (n *node) volumes(ctx context.Context, pod *corev1.Pod, container corev1.Container) (*strings.Replacer, error) {
	var pairs []string
	for _, mount := range container.VolumeMounts {
		folder := filepath.Join(n.folder, string(pod.UID), mount.Name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		pairs = append(pairs, mount.MountPath, folder)
		for _, volume := range pod.Spec.Volumes {
			if volume.Name != mount.Name {
				continue
			}
			if err := n.write(ctx, pod.Namespace, volume, folder); err != nil {
				return nil, fmt.Errorf("volume %s: %w", volume.Name, err)
			}
		}
	}

	return strings.NewReplacer(pairs...), nil
}

// write waits for the Secret or ConfigMap, as a kubelet does.
func (n *node) write(ctx context.Context, namespace string, volume corev1.Volume, folder string) error {
	var files map[string][]byte
	var items []corev1.KeyToPath
	var err error
	for end := time.Now().Add(volumeLimit); ; time.Sleep(200 * time.Millisecond) {
		files, items, err = n.content(ctx, namespace, volume)
		if err == nil {
			break
		}
		if time.Now().After(end) {
			return err
		}
	}
	if len(items) == 0 {
		for key := range files {
			items = append(items, corev1.KeyToPath{Key: key, Path: key})
		}
	}
	for _, item := range items {
		if err := os.WriteFile(filepath.Join(folder, item.Path), files[item.Key], 0o600); err != nil {
			return err
		}
	}

	return nil
}

func (n *node) content(ctx context.Context, namespace string, volume corev1.Volume) (map[string][]byte, []corev1.KeyToPath, error) {
	switch {
	case volume.Secret != nil:
		secret, err := n.client.CoreV1().Secrets(namespace).Get(ctx, volume.Secret.SecretName, metav1.GetOptions{})
		if err != nil {
			return nil, nil, err
		}

		return secret.Data, volume.Secret.Items, nil
	case volume.ConfigMap != nil:
		config, err := n.client.CoreV1().ConfigMaps(namespace).Get(ctx, volume.ConfigMap.Name, metav1.GetOptions{})
		if err != nil {
			return nil, nil, err
		}
		files := map[string][]byte{}
		for key, text := range config.Data {
			files[key] = []byte(text)
		}

		return files, volume.ConfigMap.Items, nil
	default:
		return nil, nil, nil
	}
}
