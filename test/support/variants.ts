/** Every stack there is, as CDK context chooses it. */
export const variants = [
  { env: 'dev', database: 'existing' },
  { env: 'dev', database: 'aurora' },
  { env: 'prod', database: 'existing' },
  { env: 'prod', database: 'aurora' },
] as const;

export type Variant = (typeof variants)[number];
