import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { mutations } from '../faults/mutations.ts';

const projectRoot = path.join(import.meta.dirname, '../..');
const edits = mutations.flatMap(({ name, edits }) => edits.map((edit) => ({ name, ...edit })));

test.each(edits)(
  'the protection "$name" is still where the mutation table looks for it',
  ({ file, find }) => {
    const source = readFileSync(path.join(projectRoot, file), 'utf8');

    expect(source.split(find)).toHaveLength(2);
  },
);
