package main

import (
	"github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// imageFor makes the image of one platform.
func imageFor(p parts, on platform) (v1.Image, error) {
	layers, err := layersFor(p, on)
	if err != nil {
		return nil, err
	}
	bare := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	configured, err := mutate.ConfigFile(bare, &v1.ConfigFile{
		Architecture: on.Architecture,
		OS:           "linux",
		Created:      v1.Time{Time: p.Created},
		RootFS:       v1.RootFS{Type: "layers"},
		Config: v1.Config{
			User:       user,
			WorkingDir: "/",
			Env:        []string{"PATH=/usr/bin"},
			Entrypoint: []string{"/" + nodePath, "/" + programPath},
			Labels:     labels(p),
		},
	})
	if err != nil {
		return nil, err
	}
	return mutate.Append(configured, layers...)
}

func labels(p parts) map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       p.Name,
		"org.opencontainers.image.description": p.Description,
		"org.opencontainers.image.version":     p.Version,
		"org.opencontainers.image.revision":    p.Revision,
		"org.opencontainers.image.created":     p.Created.UTC().Format("2006-01-02T15:04:05Z"),
		"org.opencontainers.image.licenses":    p.License,
	}
}

const sbomType types.MediaType = "application/vnd.cyclonedx+json"

// referrerFor wraps a bill of materials as an OCI artifact that refers to the image it is about. What an artifact is
// of, registries read from its config's type where the manifest does not say it.
func referrerFor(image v1.Image, bill []byte) (mutate.Appendable, error) {
	bare := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), sbomType)
	artifact, err := mutate.AppendLayers(bare, static.NewLayer(bill, sbomType))
	if err != nil {
		return nil, err
	}
	subject, err := descriptorOf(image)
	if err != nil {
		return nil, err
	}
	return mutate.Subject(artifact, subject).(mutate.Appendable), nil
}

func descriptorOf(image v1.Image) (v1.Descriptor, error) {
	digest, err := image.Digest()
	if err != nil {
		return v1.Descriptor{}, err
	}
	size, err := image.Size()
	return v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: digest, Size: size}, err
}

// runnable is an image as an index lists one: without an artifact type, by which some clients would take it for
// something that cannot be run.
type runnable struct{ v1.Image }

func (runnable) ArtifactType() (string, error) { return "", nil }
