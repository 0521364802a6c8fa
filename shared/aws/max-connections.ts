/** What one execution environment of a function opens to the database; infra/ adds it up. */
export const maxConnections = 2;
