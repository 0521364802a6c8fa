import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Construct } from 'constructs';
import { IngestFunction } from './ingest-function.ts';

const buildScript = path.join(import.meta.dirname, '../../functions/pages/build.ts');

/** Below the API's origin, so that the pages need no other to be allowed to call it. */
export const pagePaths = ['/', '/admin/smt/raw', '/admin/smt/raw/{id}', '/usage', '/assets/{name}'] as const;

/** Serves the pages, with their browser code bundled beside the handler. */
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
