import { writeBundle } from './bundle.ts';

// `make bundle`, and the Dockerfile's builder.

await writeBundle('.cache/bundle');
