import type { z } from 'zod';
import type { coverageAnswer, esiidsAnswer, usageAnswer } from '../../../usage/schemas.ts';

/** What the usage API answers, by the schemas it is described by. */

export type EsiidsAnswer = z.infer<typeof esiidsAnswer>;
export type Meter = EsiidsAnswer['esiids'][number];
export type Coverage = z.infer<typeof coverageAnswer>;
export type UsageRow = z.infer<typeof usageAnswer>['rows'][number];
export type IntervalRow = Extract<UsageRow, { estimated: boolean }>;
export type SumRow = Extract<UsageRow, { intervals: number }>;
export type Channel = IntervalRow['channel'];

export interface Selection {
  readonly esiid: string;
  /** Both included. */
  readonly from: string;
  readonly to: string;
}
