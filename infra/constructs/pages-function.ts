import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Construct } from 'constructs';
import { IngestFunction } from './ingest-function.ts';

const buildScript = path.join(import.meta.dirname, '../../functions/pages/build.ts');

/** On the API's own origin, so that the pages may call it without CORS. */
export const pagePaths = [
  '/',
  '/admin/smt',
  '/admin/smt/raw',
  '/admin/smt/raw/{id}',
  '/usage',
  '/api',
  '/assets/{name}',
] as const;

/** Serves the pages; their browser code is bundled beside the handler. */
export class PagesFunction extends IngestFunction {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      entry: 'pages',
      addToBundle: (bundleDir) => {
        execFileSync(process.execPath, [buildScript, path.join(bundleDir, 'client')], { stdio: 'inherit' });
      },
    });
  }
}
