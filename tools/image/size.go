package main

import (
	"io"

	"github.com/google/go-containerregistry/pkg/v1"
)

func unpackedSize(layer v1.Layer) (int64, error) {
	archive, err := layer.Uncompressed()
	if err != nil {
		return 0, err
	}
	defer archive.Close()
	return io.Copy(io.Discard, archive)
}

func mebibytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }
