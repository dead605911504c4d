import { inspect } from 'node:util';

const placeholder = '[sensitive]';

/**
 * A token, key or password. Printing, logging or serialising it by accident shows a placeholder; the one
 * place that needs the value says `reveal()`.
 */
export class Sensitive {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  equals(other: Sensitive): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return placeholder;
  }

  toJSON(): string {
    return placeholder;
  }

  [inspect.custom](): string {
    return placeholder;
  }
}
