/** The ingest API, and the token for it. */
export interface ApiConfiguration {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly adminToken: string;
}
