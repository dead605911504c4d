import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Tells what happens, as it happens; colours only where the terminal has them. */
export class Story {
  readonly #out: NodeJS.WriteStream;
  readonly #startedAtMs = performance.now();
  #chapter = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  title(text: string, ...lines: string[]): void {
    this.#write('');
    this.#write(this.#styled(['bold', 'cyan'], `  ${text}`));
    for (const line of lines) this.#write(this.#styled('dim', `  ${line}`));
  }

  chapter(text: string): void {
    this.#chapter += 1;
    const seconds = ((performance.now() - this.#startedAtMs) / 1000).toFixed(1).padStart(5);
    this.#write('');
    this.#write(
      `${this.#styled('bold', `${this.#chapter}. ${text}`)} ${this.#styled('dim', `${seconds} s`)}`,
    );
  }

  /** Something was checked and is so. */
  proof(text: string, detail?: string): void {
    const more = detail === undefined ? '' : this.#styled('dim', `  ${detail}`);
    this.#write(`   ${this.#styled('green', '✓')} ${text}${more}`);
  }

  note(text: string): void {
    this.#write(this.#styled('dim', `     ${text}`));
  }

  /** What a program said, at most as wide as a terminal. */
  quote(text: string): void {
    const lines = text.match(/\S.{0,98}(?=\s|$)|\S{100,}/g) ?? [];
    for (const line of lines) this.#write(`     ${this.#styled('yellow', line)}`);
  }

  command(text: string): void {
    this.#write(`   ${this.#styled('cyan', '$')} ${text}`);
  }

  failure(text: string): void {
    this.#write('');
    this.#write(`${this.#styled(['bold', 'red'], '✗ the demo failed:')} ${text}`);
  }

  end(text: string): void {
    const seconds = ((performance.now() - this.#startedAtMs) / 1000).toFixed(1);
    this.#write('');
    this.#write(`${this.#styled(['bold', 'green'], text)} ${this.#styled('dim', `(${seconds} s)`)}`);
    this.#write('');
  }

  #styled(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#out });
  }

  #write(line: string): void {
    this.#out.write(`${line}\n`);
  }
}
