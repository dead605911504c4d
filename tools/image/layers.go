package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"

	"github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	nodePath    = "usr/bin/node"
	programPath = "app/acr-credential-helper.mjs"
	// As distroless images and their users have it.
	user = "65532:65532"
)

// layersFor makes the layers of one platform, what changes least first: the libraries, Node, the program.
func layersFor(p parts, on platform) ([]mutate.Addendum, error) {
	nodeFiles, err := readNode(on.Node)
	if err != nil {
		return nil, err
	}
	systemFiles, err := systemFor(nodeFiles[nodePath].content, on)
	if err != nil {
		return nil, err
	}
	programFiles, err := readProgram(p)
	if err != nil {
		return nil, err
	}
	contents := []struct {
		what  string
		files tree
	}{
		{"C and C++ libraries from Debian, the user, licences", systemFiles},
		{"Node " + on.Node.Version, nodeFiles},
		{p.Name + " " + p.Version, programFiles},
	}
	var layers []mutate.Addendum
	for _, content := range contents {
		layer, err := content.files.layer()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", content.what, err)
		}
		layers = append(layers, mutate.Addendum{
			Layer:   layer,
			History: v1.History{Created: v1.Time{Time: p.Created}, CreatedBy: content.what},
		})
	}
	return layers, nil
}

func systemFor(program []byte, on platform) (tree, error) {
	target, isKnown := machines[on.Architecture]
	if !isKnown {
		return nil, fmt.Errorf("no library directories are known for %s", on.Architecture)
	}
	available := tree{}
	for _, from := range on.Debian {
		files, err := readDebian(from)
		if err != nil {
			return nil, err
		}
		if err := available.add(files); err != nil {
			return nil, err
		}
	}
	system, err := target.librariesFor(program, available)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", on.Architecture, err)
	}
	for name, entry := range available {
		if isWanted(name) {
			system[name] = entry
		}
	}
	return system, system.add(tree{
		"etc/passwd": {content: []byte("root:x:0:0:root:/:/sbin/nologin\n" +
			"nonroot:x:65532:65532:nonroot:/nonexistent:/sbin/nologin\n")},
		"etc/group": {content: []byte("root:x:0:\nnonroot:x:65532:\n")},
		// Without it the order would be that of whichever C library this is.
		"etc/nsswitch.conf": {content: []byte("hosts: files dns\n")},
	})
}

// readNode takes the program and its licence, with those of the libraries in it, out of an npm tarball.
func readNode(from nodePart) (tree, error) {
	archive, err := os.Open(from.File)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	unpacked, err := gzip.NewReader(archive)
	if err != nil {
		return nil, err
	}
	wanted := map[string]string{
		"package/bin/node": nodePath,
		"package/LICENSE":  "usr/share/doc/node/LICENSE",
	}
	files, err := readTar(unpacked, func(name string) bool { return wanted[name] != "" })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from.File, err)
	}
	placed := tree{}
	for name, place := range wanted {
		entry, exists := files[name]
		if !exists {
			return nil, fmt.Errorf("%s has no %s", from.File, name)
		}
		placed[place] = node{content: entry.content, executable: place == nodePath}
	}
	return placed, nil
}

func readProgram(p parts) (tree, error) {
	program, err := os.ReadFile(p.ProgramFile)
	if err != nil {
		return nil, err
	}
	notices, err := os.ReadFile(p.NoticesFile)
	if err != nil {
		return nil, err
	}
	return tree{
		programPath: {content: program},
		"usr/share/doc/" + p.Name + "/THIRD-PARTY-NOTICES.txt": {content: notices},
	}, nil
}

// layer compresses with gzip, which every container runtime reads.
func (t tree) layer() (v1.Layer, error) {
	archive, err := t.tar()
	if err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(
		func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive)), nil },
		tarball.WithMediaType(types.OCILayer),
		// The best compression would save 0.6 % and take three times as long.
		tarball.WithCompressionLevel(6),
		tarball.WithCompressedCaching,
	)
}
