// Reads a Dockerfile as BuildKit does, and fails where BuildKit would fail or warn:
//
//	lint-dockerfile FILE
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: lint-dockerfile FILE")
		os.Exit(2)
	}
	if err := lint(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "lint-dockerfile:", err)
		os.Exit(1)
	}
}

func lint(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return err
	}
	var warnings []error
	for _, warning := range parsed.Warnings {
		warnings = append(warnings, errors.New(warning.Short))
	}
	rules := linter.New(&linter.Config{
		Warn: func(rule, _, _, message string, _ []parser.Range) {
			warnings = append(warnings, fmt.Errorf("%s: %s", rule, message))
		},
	})
	if _, _, err := instructions.Parse(parsed.AST, rules); err != nil {
		return err
	}
	return errors.Join(warnings...)
}
