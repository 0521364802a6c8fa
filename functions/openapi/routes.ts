import * as z from 'zod';
import { rawFileId, rawFileStatus } from '../../shared/http/schemas.ts';
import {
  downloadAnswer,
  rawFileAnswer,
  rawFilePath,
  rawFilesAnswer,
  rawFilesQuery,
} from '../raw-files/schemas.ts';
import { uploadRequest } from '../raw-upload/upload-request.ts';
import { replayQuery } from '../replay/replay-query.ts';
import {
  coverageAnswer,
  coverageQuery,
  esiidsAnswer,
  esiidsQuery,
  maxCoverageDays,
  usageAnswer,
  usageQuery,
} from '../usage/schemas.ts';

/** A route as the document describes it. */
export interface DescribedRoute {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: 'Raw files' | 'Usage' | 'About';
  readonly pathParameters?: z.ZodObject;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  /** Answers as text/csv too. */
  readonly csv?: boolean;
  /** Other statuses than 400, 401 and 500. */
  readonly refusals?: Readonly<Record<string, string>>;
  readonly isOpen?: boolean;
}

const uploadAnswer = z.union([
  z.object({
    ok: z.literal(true),
    upload: z.object({
      method: z.literal('PUT'),
      url: z.string(),
      headers: z.record(z.string(), z.string()).describe('To be sent to the letter'),
      expires_at: z.iso.datetime(),
    }),
    object_key: z.string(),
  }),
  z
    .object({
      ok: z.literal(true),
      duplicate: z.literal(true),
      id: rawFileId,
      filename: z.string(),
      status: rawFileStatus.describe('Of that file: one that failed is worth loading again, by normalize'),
    })
    .describe('The content is stored already; there is nothing to upload'),
]);

const replayAnswer = z.looseObject({
  ok: z.literal(true),
  filesQueued: z.int(),
  files: z.array(z.looseObject({ id: rawFileId, filename: z.string() })),
  filesProcessed: z.int().optional().describe('With wait: how many came to their end in time'),
  intervalsInserted: z.int().optional().describe('With wait'),
});

const notFound = { '404': 'There is no such raw file' };

export const routes: readonly DescribedRoute[] = [
  {
    method: 'post',
    path: '/api/admin/smt/raw-upload',
    summary: 'Ask to upload a file',
    description:
      'Grants one PUT of exactly these bytes to a presigned URL. The old camelCase names are taken too; other fields are passed over.',
    tag: 'Raw files',
    body: uploadRequest,
    answer: uploadAnswer,
    refusals: { '413': 'More than one PUT takes: 5 GiB' },
  },
  {
    method: 'get',
    path: '/api/admin/smt/raw-files',
    summary: 'List raw files, newest first',
    tag: 'Raw files',
    query: rawFilesQuery,
    answer: rawFilesAnswer,
  },
  {
    method: 'get',
    path: '/api/admin/smt/raw-files/{id}',
    summary: 'Everything known of one raw file',
    tag: 'Raw files',
    pathParameters: rawFilePath,
    answer: rawFileAnswer,
    refusals: notFound,
  },
  {
    method: 'get',
    path: '/api/admin/smt/raw-files/{id}/download',
    summary: 'A URL of the original, good for a minute',
    tag: 'Raw files',
    pathParameters: rawFilePath,
    answer: downloadAnswer,
    refusals: notFound,
  },
  {
    method: 'post',
    path: '/api/admin/smt/normalize',
    summary: 'Put raw files back on the queue',
    tag: 'Raw files',
    query: replayQuery,
    answer: replayAnswer,
  },
  {
    method: 'get',
    path: '/api/usage',
    summary: 'Intervals of an ESIID, or their sums by local hour, day or month',
    description: 'With Accept: text/csv a CSV file, whose next page a Link header names.',
    tag: 'Usage',
    query: usageQuery,
    answer: usageAnswer,
    csv: true,
  },
  {
    method: 'get',
    path: '/api/usage/coverage',
    summary: 'What of each day is stored, estimated or missing',
    description: `Of ${maxCoverageDays} days at most; a longer range is refused, also where it follows from the defaults.`,
    tag: 'Usage',
    query: coverageQuery,
    answer: coverageAnswer,
  },
  {
    method: 'get',
    path: '/api/usage/esiids',
    summary: 'The ESIIDs there are',
    tag: 'Usage',
    query: esiidsQuery,
    answer: esiidsAnswer,
  },
  {
    method: 'get',
    path: '/api/openapi.json',
    summary: 'This document',
    tag: 'About',
    answer: z.looseObject({ openapi: z.string() }),
  },
  {
    method: 'get',
    path: '/health',
    summary: 'Whether the API answers',
    tag: 'About',
    answer: z.object({ ok: z.literal(true) }),
    isOpen: true,
  },
];

export const errorAnswer = z.strictObject({
  ok: z.literal(false),
  error: z.string().describe('A stable code, to branch on'),
  message: z.string().describe('For people'),
  details: z
    .array(z.strictObject({ field: z.string(), message: z.string() }))
    .optional()
    .describe('Of a wrong request, each field that is wrong'),
});
