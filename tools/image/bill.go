package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-containerregistry/pkg/v1"
)

// billFor lists what is in the image of one platform, as CycloneDX 1.6 JSON: the npm packages in the bundle, Node, the
// Debian packages. Hashes are those of what was downloaded.
func billFor(p parts, on platform, image v1.Hash) ([]byte, error) {
	program := cyclonedx.Component{
		BOMRef: "program", Type: cyclonedx.ComponentTypeApplication,
		Name: p.Name, Version: p.Version, Description: p.Description, Licenses: licence(p.License),
	}
	root := cyclonedx.Component{
		BOMRef: "image", Type: cyclonedx.ComponentTypeContainer, Name: p.Name, Version: p.Version,
		PackageURL: fmt.Sprintf("pkg:oci/%s@%s?arch=%s", p.Name, url.QueryEscape(image.String()), on.Architecture),
	}
	runtime, err := nodeComponent(on.Node)
	if err != nil {
		return nil, err
	}
	components := []cyclonedx.Component{program, runtime}
	inImage := []string{program.BOMRef, runtime.BOMRef}
	var inProgram, underNode []string
	for _, from := range p.Packages {
		library, err := npmComponent(from)
		if err != nil {
			return nil, err
		}
		components = append(components, library)
		inProgram = append(inProgram, library.BOMRef)
	}
	for _, from := range on.Debian {
		library := debianComponent(from, p.Distribution)
		components = append(components, library)
		inImage = append(inImage, library.BOMRef)
		underNode = append(underNode, library.BOMRef)
	}
	bill := cyclonedx.NewBOM()
	bill.Metadata = &cyclonedx.Metadata{Timestamp: p.Created.UTC().Format("2006-01-02T15:04:05Z"), Component: &root}
	bill.Components = &components
	bill.Dependencies = &[]cyclonedx.Dependency{
		{Ref: root.BOMRef, Dependencies: &inImage},
		{Ref: program.BOMRef, Dependencies: &inProgram},
		{Ref: runtime.BOMRef, Dependencies: &underNode},
	}
	var text bytes.Buffer
	encoder := cyclonedx.NewBOMEncoder(&text, cyclonedx.BOMFileFormatJSON).SetPretty(true)
	err = encoder.EncodeVersion(bill, cyclonedx.SpecVersion1_6)
	return text.Bytes(), err
}

func nodeComponent(from nodePart) (cyclonedx.Component, error) {
	component, err := npmComponent(from.npmPackage)
	component.Type = cyclonedx.ComponentTypePlatform
	// By this name vulnerabilities of Node itself are published.
	component.CPE = fmt.Sprintf("cpe:2.3:a:nodejs:node.js:%s:*:*:*:*:*:*:*", from.Version)
	return component, err
}

func npmComponent(from npmPackage) (cyclonedx.Component, error) {
	algorithm, encoded, _ := strings.Cut(from.Integrity, "-")
	hash, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || algorithm != "sha512" {
		return cyclonedx.Component{}, fmt.Errorf("%s %s: not a SHA-512 integrity: %s", from.Name, from.Version, from.Integrity)
	}
	packageURL := fmt.Sprintf("pkg:npm/%s@%s", strings.Replace(from.Name, "@", "%40", 1), from.Version)
	component := cyclonedx.Component{
		BOMRef: packageURL, PackageURL: packageURL, Type: cyclonedx.ComponentTypeLibrary,
		Version: from.Version, Licenses: licence(from.License),
		Hashes: &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA512, Value: hex.EncodeToString(hash)}},
	}
	if scope, name, isScoped := strings.Cut(from.Name, "/"); isScoped {
		component.Group, component.Name = scope, name
	} else {
		component.Name = from.Name
	}
	return component, nil
}

func debianComponent(from debianPackage, distribution string) cyclonedx.Component {
	packageURL := fmt.Sprintf("pkg:deb/debian/%s@%s?arch=%s&distro=%s",
		url.QueryEscape(from.Package), url.QueryEscape(from.Version), from.Architecture, distribution)
	return cyclonedx.Component{
		BOMRef: packageURL, PackageURL: packageURL, Type: cyclonedx.ComponentTypeLibrary,
		Name: from.Package, Version: from.Version,
		Hashes: &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: from.SHA256}},
	}
}

var operator = regexp.MustCompile(` (AND|OR|WITH) `)

// licence takes what a package states. Some state a name in prose, which no SPDX expression is.
func licence(stated string) *cyclonedx.Licenses {
	switch {
	case stated == "":
		return nil
	case strings.Contains(stated, " ") && !operator.MatchString(stated):
		return &cyclonedx.Licenses{{License: &cyclonedx.License{Name: stated}}}
	default:
		return &cyclonedx.Licenses{{Expression: stated}}
	}
}
