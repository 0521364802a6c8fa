/**
 * The roles in which a function connects: the `owner` of the schema migrates it, the `writer` loads files, the `reader` only reads.
 * User names may differ; the rights of each role are in grant-roles.ts.
 */
export const databaseRoles = ['owner', 'writer', 'reader'] as const;

export type DatabaseRole = (typeof databaseRoles)[number];
