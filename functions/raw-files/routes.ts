import * as z from 'zod';
import type { Routes } from '../../shared/http/route.ts';
import {
  downloadResponse,
  rawFilePath,
  rawFileResponse,
  rawFilesQuery,
  rawFilesResponse,
} from './schemas.ts';
import { statusQuery, statusResponse } from './status-schemas.ts';

const errors = { '404': 'There is no such raw file' };

export const rawFileRoutes = {
  getDeepHealth: {
    method: 'GET',
    path: '/health/deep',
    summary: 'Whether the database responds too; wakes one that is paused',
    tag: 'About',
    access: 'admin',
    response: z
      .strictObject({ ok: z.literal(true), database: z.literal('available') })
      .meta({ id: 'DeepHealth' }),
    errors: { '503': 'The database accepts no connection' },
  },
  getStatus: {
    method: 'GET',
    path: '/api/admin/smt/status',
    summary: 'Whether deliveries arrive and are loaded, what to do if not, and whether one file loaded',
    tag: 'Raw files',
    access: 'admin',
    query: statusQuery,
    response: statusResponse,
  },
  listRawFiles: {
    method: 'GET',
    path: '/api/admin/smt/raw-files',
    summary: 'List raw files, by default the last received first',
    tag: 'Raw files',
    access: 'admin',
    query: rawFilesQuery,
    response: rawFilesResponse,
  },
  getRawFile: {
    method: 'GET',
    path: '/api/admin/smt/raw-files/{id}',
    summary: 'Everything known of one raw file',
    tag: 'Raw files',
    access: 'admin',
    pathParameters: rawFilePath,
    response: rawFileResponse,
    errors,
  },
  getRawFileDownload: {
    method: 'GET',
    path: '/api/admin/smt/raw-files/{id}/download',
    summary: 'A URL of the original, valid for a minute',
    tag: 'Raw files',
    access: 'admin',
    pathParameters: rawFilePath,
    response: downloadResponse,
    errors,
  },
} as const satisfies Routes;
