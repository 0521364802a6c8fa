import { ingestApp } from './ingest-app.ts';

ingestApp();
