// Puts a container image together from parts that are on this machine already, without a daemon:
//
//	image-layout PARTS DIRECTORY
//
// DIRECTORY must not exist. It gets layout/, an OCI image layout with one index of all platforms, and
// sbom.ARCHITECTURE.cdx.json for each. The same parts give the same bytes. What each layer takes goes to standard output.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: image-layout PARTS DIRECTORY")
		os.Exit(2)
	}
	if err := build(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "image-layout:", err)
		os.Exit(1)
	}
}

type built struct {
	on    platform
	image v1.Image
	bill  []byte
}

func build(partsFile, directory string) error {
	p, err := readParts(partsFile)
	if err != nil {
		return err
	}
	all := make([]built, len(p.Platforms))
	var group errgroup.Group
	for index, on := range p.Platforms {
		group.Go(func() error {
			image, err := imageFor(p, on)
			if err != nil {
				return err
			}
			digest, err := image.Digest()
			if err != nil {
				return err
			}
			bill, err := billFor(p, on, digest)
			all[index] = built{on, image, bill}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := write(p, all, directory); err != nil {
		return err
	}
	return report(all)
}

func write(p parts, all []built, directory string) error {
	if err := os.Mkdir(directory, 0o755); err != nil {
		return err
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, one := range all {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        runnable{one.image},
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: one.on.Architecture}},
		})
	}
	// The bills are in the index too, so that pushing it pushes them. No machine is of their platform, or some
	// runtimes would take one for an image to run.
	for _, one := range all {
		referrer, err := referrerFor(one.image, one.bill)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: referrer,
			Descriptor: v1.Descriptor{
				ArtifactType: string(sbomType),
				Platform:     &v1.Platform{OS: "unknown", Architecture: "unknown"},
			},
		})
		file := filepath.Join(directory, fmt.Sprintf("sbom.%s.cdx.json", one.on.Architecture))
		if err := os.WriteFile(file, one.bill, 0o644); err != nil {
			return err
		}
	}
	place, err := layout.Write(filepath.Join(directory, "layout"), empty.Index)
	if err != nil {
		return err
	}
	return place.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": p.Version,
	}))
}

func report(all []built) error {
	for _, one := range all {
		digest, err := one.image.Digest()
		if err != nil {
			return err
		}
		fmt.Printf("linux/%s %s\n", one.on.Architecture, digest)
		config, err := one.image.ConfigFile()
		if err != nil {
			return err
		}
		layers, err := one.image.Layers()
		if err != nil {
			return err
		}
		for index, layer := range layers {
			packed, err := layer.Size()
			if err != nil {
				return err
			}
			unpacked, err := unpackedSize(layer)
			if err != nil {
				return err
			}
			fmt.Printf("  %6.1f MiB packed, %6.1f MiB unpacked: %s\n",
				mebibytes(packed), mebibytes(unpacked), config.History[index].CreatedBy)
		}
	}
	return nil
}
