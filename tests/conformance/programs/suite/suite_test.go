// SPDX-License-Identifier: Apache-2.0

// The official Gateway API conformance suite, as a program: `go test -c`.
package suite_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/gateway-api/conformance"
	"sigs.k8s.io/gateway-api/pkg/features"
	"sigs.k8s.io/yaml"
)

var jsonOutput = flag.String("json-output", "", "Where to write the report once more, as JSON")

func TestConformance(t *testing.T) {
	// Cleanups run last in, first out: the suite writes its report before this one reads it.
	t.Cleanup(func() {
		if *jsonOutput != "" {
			if err := toJSON(flag.Lookup("report-output").Value.String(), *jsonOutput); err != nil {
				t.Error(err)
			}
		}
	})
	conformance.RunConformance(t)
}

// TestFeatures prints what the suite knows of, one feature a line, without those of the mesh.
func TestFeatures(*testing.T) {
	mesh := features.SetsToNamesSet(features.MeshCoreFeatures, features.MeshExtendedFeatures)
	names := features.SetsToNamesSet(features.AllFeatures).Difference(mesh).UnsortedList()
	slices.Sort(names)
	for _, name := range names {
		fmt.Println("feature", strings.TrimSpace(string(name)))
	}
}

func toJSON(from, to string) error {
	report, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	text, err := yaml.YAMLToJSON(report)
	if err != nil {
		return err
	}

	return os.WriteFile(to, text, 0o600)
}
