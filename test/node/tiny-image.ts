import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../image/run-program.ts';
import { programFile } from '../real-parts/program-file.ts';

const imageType = 'application/vnd.oci.image';

/**
 * Writes an image of one static program that waits to be told to end, as an OCI layout into a new directory, which it
 * gives back. Another name makes another image, with a layer of its own.
 */
export async function writeTinyImage(parent: string, name: string): Promise<string> {
  const directory = join(parent, name.replaceAll(/[^a-z0-9]/gi, '-'));
  const blobs = join(directory, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const layerFile = await writeLayer(directory, name);
  const layer = addBlob(blobs, `${imageType}.layer.v1.tar`, readFileSync(layerFile));
  const config = addJson(blobs, `${imageType}.config.v1+json`, {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: ['/pause'], User: '65534:65534' },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const manifest = addJson(blobs, `${imageType}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${imageType}.manifest.v1+json`,
    config,
    layers: [layer],
  });
  const annotations = { 'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1) };
  writeFileSync(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  );
  return directory;
}

async function writeLayer(directory: string, name: string): Promise<string> {
  const root = join(directory, 'root');
  mkdirSync(root);
  copyFileSync(programFile('pause'), join(root, 'pause'));
  writeFileSync(join(root, 'name'), name);
  const file = join(directory, 'layer.tar');
  await runProgram('tar', ['-cf', file, '-C', root, 'pause', 'name']);
  return file;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

function addJson(blobs: string, mediaType: string, content: object): Descriptor {
  return addBlob(blobs, mediaType, Buffer.from(JSON.stringify(content)));
}

function addBlob(blobs: string, mediaType: string, content: Buffer): Descriptor {
  const hash = createHash('sha256').update(content).digest('hex');
  const file = join(blobs, hash);
  writeFileSync(file, content);
  return { mediaType, digest: `sha256:${hash}`, size: statSync(file).size };
}
