import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startS3 } from './server.ts';

// The local S3 on its own, for clients started by hand or by a script:
//   S3_DATA_DIR=dir S3_PORT=9000 S3_BUCKETS=one,two node infra/local/s3/serve.ts
// Prints `listening on URL`, then one JSON line an event; keys are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
const { env } = process;
const s3 = await startS3({
  dataDir: env.S3_DATA_DIR ?? mkdtempSync(join(tmpdir(), 'local-s3-')),
  port: Number(env.S3_PORT ?? 0),
  region: env.AWS_REGION ?? 'us-east-1',
  authority: {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? 'local',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? 'local-secret',
  },
  buckets: (env.S3_BUCKETS ?? 'raw-files').split(',').map((name) => ({ name })),
  onEvent: (event) => console.log(JSON.stringify(event)),
});
console.log(`listening on ${s3.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void s3.close());
}
