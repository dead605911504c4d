import { join } from 'node:path';
import { runProgram } from '../../image/run-program.ts';
import { tethered } from '../real-parts/tether.ts';
import { runtimeParts } from './container-runtime.ts';

/** The images that a node's containerd has. */
export class ContainerImages {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** From an OCI layout whose index has tags: they are put behind this name. */
  async add(layout: string, name: string): Promise<void> {
    const archive = join(layout, 'archive.tar');
    await runTethered('tar', ['-cf', archive, '-C', layout, 'oci-layout', 'index.json', 'blobs']);
    await this.#ctr('import', '--no-unpack', `--base-name=${name}`, archive);
  }

  async has(image: string): Promise<boolean> {
    return (await this.#list()).some(({ name }) => name === image);
  }

  /** Removes it, if it is there, under all of its names, with its content, as a node does that is short of space. */
  async evict(image: string): Promise<void> {
    const images = await this.#list();
    const digest = images.find(({ name }) => name === image)?.digest;
    if (digest === undefined) return;
    const names = images.filter((other) => other.digest === digest).map(({ name }) => name);
    await this.#ctr('remove', '--sync', ...names);
  }

  async #list(): Promise<{ readonly name: string; readonly digest: string }[]> {
    const [, ...lines] = (await this.#ctr('list')).trim().split('\n');
    return lines.map((line) => {
      const [name = '', , digest = ''] = line.split(/\s+/);
      return { name, digest };
    });
  }

  #ctr(...options: string[]): Promise<string> {
    const inKubernetes = [`--address=${this.#socket}`, '--namespace=k8s.io', 'images'];
    return runTethered(runtimeParts.ctr, [...inKubernetes, ...options]);
  }
}

/** Ends with this process, and so writes nothing any more into a directory that is to be removed. */
function runTethered(file: string, options: readonly string[]): Promise<string> {
  return runProgram(...tethered(file, options));
}
