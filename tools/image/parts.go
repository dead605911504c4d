package main

import (
	"encoding/json"
	"os"
	"time"
)

// parts is what an image is put together from. image/build-image.ts writes it; every file in it has been
// compared with a hash from a lock file by then.
type parts struct {
	Name        string    `json:"name"`
	Version     string    `json:"version"`
	Description string    `json:"description"`
	License     string    `json:"license"`
	Revision    string    `json:"revision"`
	Created     time.Time `json:"created"`
	// The bundle, and the licences of what is in it.
	ProgramFile string `json:"programFile"`
	NoticesFile string `json:"noticesFile"`
	// The npm packages with code in the bundle.
	Packages []npmPackage `json:"packages"`
	// Of the Debian packages, as package URLs name it.
	Distribution string `json:"distribution"`

	Platforms []platform `json:"platforms"`
}

type npmPackage struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Subresource Integrity of the tarball.
	Integrity string `json:"integrity"`
	License   string `json:"license"`
}

type platform struct {
	// As Go and OCI call it.
	Architecture string          `json:"architecture"`
	Node         nodePart        `json:"node"`
	Debian       []debianPackage `json:"debian"`
}

type nodePart struct {
	npmPackage
	File string `json:"file"`
}

type debianPackage struct {
	Package      string `json:"package"`
	Version      string `json:"version"`
	Architecture string `json:"architecture"`
	SHA256       string `json:"sha256"`
	File         string `json:"file"`
}

func readParts(file string) (parts, error) {
	var read parts
	text, err := os.ReadFile(file)
	if err != nil {
		return read, err
	}
	return read, json.Unmarshal(text, &read)
}
