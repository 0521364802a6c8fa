import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { templateOf } from './template.ts';
import { variants } from './variants.ts';

// node test/support/write-templates.ts DIR: writes the template of each variant, without its functions' code, for linters.
const [dir = '.'] = process.argv.slice(2);
for (const variant of variants) {
  const file = path.join(dir, `${variant.env}-${variant.database}.json`);
  writeFileSync(file, JSON.stringify(templateOf(variant).template.toJSON(), null, 2));
}
