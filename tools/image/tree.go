package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// tree holds files and symbolic links by their path from the root, without a slash in front.
type tree map[string]node

type node struct {
	// For a file: may it be run?
	executable bool
	content    []byte
	// For a symbolic link: where to, as written.
	link string
}

// readTar takes the files and symbolic links of an archive that keep accepts.
func readTar(archive io.Reader, keep func(name string) bool) (tree, error) {
	files := tree{}
	for reader := tar.NewReader(archive); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(path.Clean("/"+header.Name), "/")
		if !keep(name) {
			continue
		}
		switch header.Typeflag {
		case tar.TypeReg:
			content, err := io.ReadAll(reader)
			if err != nil {
				return nil, err
			}
			files[name] = node{content: content, executable: header.Mode&0o111 != 0}
		case tar.TypeSymlink:
			files[name] = node{link: header.Linkname}
		}
	}
}

// follow resolves symbolic links in the last part of a path. It returns the file's path and the links on the way.
func (t tree) follow(name string) (file string, links []string, found bool) {
	for range 10 {
		entry, exists := t[name]
		if !exists || entry.link == "" {
			return name, links, exists
		}
		links = append(links, name)
		target := entry.link
		if !path.IsAbs(target) {
			target = path.Join("/", path.Dir(name), target)
		}
		name = strings.TrimPrefix(path.Clean(target), "/")
	}
	return name, links, false
}

// add takes over everything of another tree; what both have must be the same.
func (t tree) add(other tree) error {
	for name, entry := range other {
		if had, exists := t[name]; exists && (had.link != entry.link || !bytes.Equal(had.content, entry.content)) {
			return fmt.Errorf("two parts have a different /%s", name)
		}
		t[name] = entry
	}
	return nil
}

// tar writes the tree so that the same tree is always the same bytes: sorted, owned by root, writable by nobody but
// root, nothing setuid, and of 1970, since a date would give an unchanged layer a new digest with each release.
func (t tree) tar() ([]byte, error) {
	headers := map[string]*tar.Header{}
	for name, entry := range t {
		for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
			headers[parent+"/"] = &tar.Header{Name: parent + "/", Typeflag: tar.TypeDir, Mode: 0o755}
		}
		headers[name] = entry.header(name)
	}
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		header := headers[name]
		header.ModTime = time.Unix(0, 0)
		header.Format = tar.FormatUSTAR
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if _, err := writer.Write(t[name].content); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}

func (n node) header(name string) *tar.Header {
	switch {
	case n.link != "":
		return &tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: n.link, Mode: 0o777}
	case n.executable:
		return &tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(n.content)), Mode: 0o755}
	default:
		return &tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(n.content)), Mode: 0o644}
	}
}
