import type { SettingsFile } from '../../infra/config/settings.ts';

/** Every stack there is. */
export const variants = [
  { env: 'dev', database: 'existing' },
  { env: 'dev', database: 'aurora' },
  { env: 'prod', database: 'existing' },
  { env: 'prod', database: 'aurora' },
] as const;

export type Variant = (typeof variants)[number];

/** What a variant changes in the settings of its environment; prod needs what its file leaves to the operator. */
export function settingsOf({ env, database }: Variant): Partial<SettingsFile> {
  const operator = { alarmEmail: 'on-call@example.com', runbookUrl: 'https://example.com/RUNBOOK.md' };
  return { database, ...(env === 'prod' ? operator : {}) };
}
