// SPDX-License-Identifier: Apache-2.0

// Command core writes the schemas of the core Kubernetes kinds and of ObjectMeta from the Go types
// of k8s.io/api, with overlay.json laid over them. Run by developers, not by the build:
//
//	cd src/api/schema/generate/core && go run . ../../data
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const release = "v0.36.1"

type schema map[string]any

var special = map[reflect.Type]schema{
	reflect.TypeFor[metav1.Time]():        {"type": "string", "format": "date-time"},
	reflect.TypeFor[intstr.IntOrString](): {"x-kubernetes-int-or-string": true},
	reflect.TypeFor[metav1.FieldsV1]():    {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
	reflect.TypeFor[metav1.ObjectMeta]():  {"type": "object"},
	reflect.TypeFor[[]byte]():             {"type": "string", "format": "byte"},
}

func schemaOf(t reflect.Type) schema {
	if s, ok := special[t]; ok {
		out := schema{}
		for k, v := range s {
			out[k] = v
		}
		return out
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int32:
		return schema{"type": "integer", "format": "int32"}
	case reflect.Int64:
		return schema{"type": "integer", "format": "int64"}
	case reflect.Slice:
		return schema{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		properties := schema{}
		addFields(t, properties)
		return schema{"type": "object", "properties": properties}
	}
	log.Fatalf("type %s is not known to the generator", t)
	return nil
}

func addFields(t reflect.Type, properties schema) {
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && (name == "" || strings.Contains(options, "inline")) {
			addFields(field.Type, properties)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		properties[name] = schemaOf(field.Type)
	}
}

// child follows one word of an overlay's path: "ports[]", "data{}", "spec".
func child(s schema, word string) schema {
	name, isList := strings.CutSuffix(word, "[]")
	name, isMap := strings.CutSuffix(name, "{}")
	properties, _ := s["properties"].(schema)
	next, ok := properties[name].(schema)
	if !ok {
		log.Fatalf("overlay names %q, which the type does not have", word)
	}
	if isList {
		return next["items"].(schema)
	}
	if isMap {
		return next["additionalProperties"].(schema)
	}
	return next
}

func lay(over map[string]schema, s schema) {
	paths := make([]string, 0, len(over))
	for path := range over {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	for _, path := range paths {
		at := s
		if path != "" {
			for _, word := range strings.Split(path, ".") {
				at = child(at, word)
			}
		}
		for keyword, value := range over[path] {
			at[keyword] = value
		}
	}
}

func main() {
	text, err := os.ReadFile("overlay.json")
	if err != nil {
		log.Fatal(err)
	}
	var overlays map[string]map[string]schema
	if err := json.Unmarshal(text, &overlays); err != nil {
		log.Fatal(err)
	}
	metaSchema := schema{"type": "object", "properties": schema{}}
	addFields(reflect.TypeFor[metav1.ObjectMeta](), metaSchema["properties"].(schema))
	kinds := []struct {
		group, folder, kind string
		schema              schema
	}{
		{"", "core", "ObjectMeta", metaSchema},
		{"", "core", "Namespace", schemaOf(reflect.TypeFor[corev1.Namespace]())},
		{"", "core", "Service", schemaOf(reflect.TypeFor[corev1.Service]())},
		{"", "core", "Secret", schemaOf(reflect.TypeFor[corev1.Secret]())},
		{"", "core", "ConfigMap", schemaOf(reflect.TypeFor[corev1.ConfigMap]())},
		{"discovery.k8s.io", "discovery.k8s.io", "EndpointSlice", schemaOf(reflect.TypeFor[discoveryv1.EndpointSlice]())},
	}
	for _, k := range kinds {
		lay(overlays[k.kind], k.schema)
		data := map[string]any{
			"source":  fmt.Sprintf("k8s.io/api %s, generate/core/overlay.json", release),
			"group":   k.group,
			"kind":    k.kind,
			"goTypes": true,
			"schemas": []any{map[string]any{"versions": []string{"v1"}, "schema": k.schema}},
		}
		out, err := json.MarshalIndent(data, "", " ")
		if err != nil {
			log.Fatal(err)
		}
		folder := filepath.Join(os.Args[1], k.folder)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			log.Fatal(err)
		}
		name := filepath.Join(folder, strings.ToLower(k.kind)+".json")
		if err := os.WriteFile(name, append(out, '\n'), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
