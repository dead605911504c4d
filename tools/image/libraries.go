package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// machine is what an architecture's programs and libraries must be made for, and where its libraries are.
type machine struct {
	elf         elf.Machine
	directories []string
}

var machines = map[string]machine{
	"amd64": {elf.EM_X86_64, libraryDirectories("x86_64-linux-gnu")},
	"arm64": {elf.EM_AARCH64, libraryDirectories("aarch64-linux-gnu")},
}

// libraryDirectories are where Debian's dynamic linker looks without a cache, in its order.
func libraryDirectories(triplet string) []string {
	return []string{"lib/" + triplet, "usr/lib/" + triplet, "lib", "usr/lib"}
}

// librariesFor takes from a tree what a program needs to start: its dynamic linker, the libraries it names, and those
// that they name in turn. It fails where one is missing, is for another machine, or lacks a symbol version.
func (m machine) librariesFor(program []byte, from tree) (tree, error) {
	taken := tree{}
	provided := map[string][]string{}
	var needed []need
	examine := func(name string, content []byte) error {
		file, err := elf.NewFile(bytes.NewReader(content))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if file.Machine != m.elf {
			return fmt.Errorf("%s is for %v, not %v", name, file.Machine, m.elf)
		}
		needs, err := needsOf(name, file)
		if err != nil {
			return err
		}
		needed = append(needed, needs...)
		provided[path.Base(name)], err = versionsOf(file)
		return err
	}
	if err := examine("node", program); err != nil {
		return nil, err
	}
	for index := 0; index < len(needed); index++ {
		wanted := needed[index]
		place, isThere := m.find(wanted.library, from)
		if !isThere {
			return nil, fmt.Errorf("%s needs %s, which no package has", wanted.by, wanted.library)
		}
		file, links, _ := from.follow(place)
		for _, name := range append(links, file) {
			taken[name] = from[name]
		}
		if _, isKnown := provided[path.Base(place)]; isKnown {
			continue
		}
		if err := examine(place, from[file].content); err != nil {
			return nil, err
		}
	}
	for _, wanted := range needed {
		for _, version := range wanted.versions {
			if !slices.Contains(provided[path.Base(wanted.library)], version) {
				return nil, fmt.Errorf("%s needs %s with %s", wanted.by, wanted.library, version)
			}
		}
	}
	return taken, nil
}

// find returns where a library is, by its name or, for a dynamic linker, its whole path.
func (m machine) find(library string, in tree) (string, bool) {
	if path.IsAbs(library) {
		name := strings.TrimPrefix(library, "/")
		_, _, found := in.follow(name)
		return name, found
	}
	for _, directory := range m.directories {
		name := path.Join(directory, library)
		if _, _, found := in.follow(name); found {
			return name, true
		}
	}
	return "", false
}

type need struct {
	by       string
	library  string
	versions []string
}

func needsOf(name string, file *elf.File) ([]need, error) {
	versions, err := file.DynamicVersionNeeds()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	of := map[string][]string{}
	for _, library := range versions {
		for _, version := range library.Needs {
			of[library.Name] = append(of[library.Name], version.Dep)
		}
	}
	libraries, err := file.ImportedLibraries()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var needs []need
	for _, library := range libraries {
		needs = append(needs, need{by: name, library: library, versions: of[library]})
	}
	for _, segment := range file.Progs {
		if segment.Type != elf.PT_INTERP {
			continue
		}
		linker, err := io.ReadAll(segment.Open())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		needs = append(needs, need{by: name, library: strings.TrimRight(string(linker), "\x00")})
	}
	return needs, nil
}

func versionsOf(file *elf.File) ([]string, error) {
	versions, err := file.DynamicVersions()
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, version := range versions {
		names = append(names, version.Name)
	}
	return names, nil
}
