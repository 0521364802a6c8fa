import type { z } from 'zod';
import type { auditResponse } from '../../../usage/audit-schemas.ts';
import type { peaksResponse, profileResponse } from '../../../usage/profile-schemas.ts';
import type {
  coverageResponse,
  esiidsResponse,
  revisionsResponse,
  usageResponse,
} from '../../../usage/schemas.ts';

/** What the usage API returns, by the schemas that describe it. */

export type EsiidsResponse = z.infer<typeof esiidsResponse>;
export type Meter = EsiidsResponse['esiids'][number];
export type Coverage = z.infer<typeof coverageResponse>;
export type CoveredDay = Coverage['days'][number];
export type Gap = Coverage['gaps'][number];
export type Revision = z.infer<typeof revisionsResponse>['revisions'][number];
export type UsageResponse = z.infer<typeof usageResponse>;
type UsageRow = UsageResponse['rows'][number];
export type IntervalRow = Extract<UsageRow, { estimated: boolean }>;
export type Channel = IntervalRow['channel'];
export type Audit = z.infer<typeof auditResponse>;
export type AuditedDay = Audit['days'][number];
export type Profile = z.infer<typeof profileResponse>;
export type ProfileHour = Profile['rows'][number];
export type Peak = z.infer<typeof peaksResponse>['rows'][number];

/** Days of one meter, both ends included. */
export interface Selection {
  readonly esiid: string;
  readonly from: string;
  readonly to: string;
}
