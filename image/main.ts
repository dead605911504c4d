import { buildImage } from './build-image.ts';

// `make image`

process.stdout.write(await buildImage('.cache/image'));
