/** Maximum database connections of one execution environment of a function; infra/ adds them up. */
export const maxConnections = 2;
