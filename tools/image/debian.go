package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
)

// readDebian takes everything out of a Debian package, and its control file to where scanners look for it in an
// image without a package manager.
func readDebian(from debianPackage) (tree, error) {
	archive, err := dpkgDeb("--fsys-tarfile", from.File)
	if err != nil {
		return nil, err
	}
	files, err := readTar(bytes.NewReader(archive), func(string) bool { return true })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from.File, err)
	}
	control, err := dpkgDeb("--field", from.File)
	if err != nil {
		return nil, err
	}
	files["var/lib/dpkg/status.d/"+from.Package] = node{content: control}
	return files, nil
}

func dpkgDeb(options ...string) ([]byte, error) {
	var complaint bytes.Buffer
	command := exec.Command("dpkg-deb", options...)
	command.Stderr = &complaint
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("dpkg-deb %s: %w: %s", strings.Join(options, " "), err, complaint.String())
	}
	return output, nil
}

// isWanted says which files of Debian packages are taken beside the libraries that Node needs: licences, what
// scanners know a distribution and its packages by.
func isWanted(name string) bool {
	switch {
	case strings.HasPrefix(name, "usr/share/common-licenses/"), strings.HasPrefix(name, "var/lib/dpkg/status.d/"):
		return true
	case strings.HasPrefix(name, "usr/share/doc/"):
		isPackageLink := strings.Count(name, "/") == 3
		return isPackageLink || strings.HasSuffix(name, "/copyright")
	default:
		return name == "etc/os-release" || name == "usr/lib/os-release" || name == "etc/debian_version"
	}
}
