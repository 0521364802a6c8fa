import type { Routes } from '../../shared/http/route.ts';
import { auditQuery, auditResponse } from './audit-schemas.ts';
import { peaksQuery, peaksResponse, profileQuery, profileResponse } from './profile-schemas.ts';
import {
  coverageQuery,
  coverageResponse,
  esiidsQuery,
  esiidsResponse,
  maxCoverageDays,
  usageQuery,
  usageResponse,
} from './schemas.ts';

export const usageRoutes = {
  getUsage: {
    method: 'GET',
    path: '/api/usage',
    summary: 'Intervals of an ESIID, or their sums by local hour, day or month',
    description: 'With Accept: text/csv a CSV file; a Link header names its next page.',
    tag: 'Usage',
    access: 'admin',
    query: usageQuery,
    response: usageResponse,
    csv: true,
  },
  getCoverage: {
    method: 'GET',
    path: '/api/usage/coverage',
    summary: 'Which intervals of each day are stored, estimated or missing',
    description: `For at most ${maxCoverageDays} days; a longer range is rejected, also where it follows from the defaults.`,
    tag: 'Usage',
    access: 'admin',
    query: coverageQuery,
    response: coverageResponse,
  },
  getAudit: {
    method: 'GET',
    path: '/api/usage/audit',
    summary: 'What SMT’s daily and monthly reads say of the intervals',
    description:
      'Of one ESIID every day and billing period; without an ESIID the days that do not agree, the worst first. With ' +
      'Accept: text/csv a CSV file of days and periods.',
    tag: 'Usage',
    access: 'admin',
    query: auditQuery,
    response: auditResponse,
    csv: true,
  },
  listEsiids: {
    method: 'GET',
    path: '/api/usage/esiids',
    summary: 'The ESIIDs that have data',
    tag: 'Usage',
    access: 'admin',
    query: esiidsQuery,
    response: esiidsResponse,
  },
  getProfile: {
    method: 'GET',
    path: '/api/usage/profile',
    summary: 'Energy by month, weekday or weekend, and hour of the clock',
    description:
      'From these sums a typical day and any split by hours can be computed exactly, for years at once.',
    tag: 'Usage',
    access: 'admin',
    query: profileQuery,
    response: profileResponse,
  },
  listPeaks: {
    method: 'GET',
    path: '/api/usage/peaks',
    summary: 'The intervals or hours with the most energy',
    tag: 'Usage',
    access: 'admin',
    query: peaksQuery,
    response: peaksResponse,
  },
} as const satisfies Routes;
