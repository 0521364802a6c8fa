/**
 * As whom a function connects: the `owner` of the schema migrates it, the `writer` loads files, the `reader` only reads.
 * Names of users may differ; what each may do is in grant-roles.ts.
 */
export const databaseRoles = ['owner', 'writer', 'reader'] as const;

export type DatabaseRole = (typeof databaseRoles)[number];
