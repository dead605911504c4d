import { writeFile } from 'node:fs/promises';
import { chartValuesSchema } from './chart-values.ts';

await writeFile(
  new URL('../charts/acr-credential-helper/values.schema.json', import.meta.url),
  chartValuesSchema(),
);
