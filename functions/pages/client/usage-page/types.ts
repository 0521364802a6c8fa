import type { z } from 'zod';
import type { coverageResponse, esiidsResponse, usageResponse } from '../../../usage/schemas.ts';

/** What the usage API answers, by the schemas it is described by. */

export type EsiidsResponse = z.infer<typeof esiidsResponse>;
export type Meter = EsiidsResponse['esiids'][number];
export type Coverage = z.infer<typeof coverageResponse>;
export type UsageRow = z.infer<typeof usageResponse>['rows'][number];
export type IntervalRow = Extract<UsageRow, { estimated: boolean }>;
export type SumRow = Extract<UsageRow, { intervals: number }>;
export type Channel = IntervalRow['channel'];

export interface Selection {
  readonly esiid: string;
  /** Both included. */
  readonly from: string;
  readonly to: string;
}
