// Checks a bill of materials against the CycloneDX 1.6 schema:
//
//	validate-sbom SCHEMAS FILE
//
// SCHEMAS is a directory with the JSON schemas that CycloneDX publishes.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Those that are needed, by what they call each other.
var schemas = map[string]string{
	"http://cyclonedx.org/schema/bom-1.6.schema.json":  "bom-1.6.schema.json",
	"http://cyclonedx.org/schema/spdx.schema.json":     "spdx.schema.json",
	"http://cyclonedx.org/schema/jsf-0.82.schema.json": "jsf-0.82.schemax.json",
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: validate-sbom SCHEMAS FILE")
		os.Exit(2)
	}
	if err := validate(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "validate-sbom:", err)
		os.Exit(1)
	}
}

func validate(directory, file string) error {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for id, name := range schemas {
		document, err := read(filepath.Join(directory, name))
		if err != nil {
			return err
		}
		if err := compiler.AddResource(id, document); err != nil {
			return err
		}
	}
	compiled, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		return err
	}
	document, err := read(file)
	if err != nil {
		return err
	}
	return compiled.Validate(document)
}

func read(file string) (any, error) {
	text, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer text.Close()
	document, err := jsonschema.UnmarshalJSON(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return document, nil
}
