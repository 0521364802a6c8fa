import { expect, test } from 'vitest';
import { SettingsError } from '../../infra/config/settings.ts';
import { ingestApp } from '../../infra/ingest-app.ts';

test.each([
  [{ env: 'staging' }, 'env=staging: there is dev and prod'],
  [{ database: 'mysql' }, 'database=mysql: there is existing and aurora'],
])('A context that asks for something there is not is told what there is: %o', (context, message) => {
  const synthesize = () => ingestApp({ context });

  expect(synthesize).toThrow(SettingsError);
  expect(synthesize).toThrow(message);
});
