import type { IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';

/** An alarm, and the reason for each of its parts. */
export interface AlarmDefinition {
  /** Name of the alarm, and the section of RUNBOOK.md that it links to. */
  readonly anchor: string;
  /** Distinguishes alarms of one section. */
  readonly of?: string;
  /** One sentence for the person on call. */
  readonly meaning: string;
  readonly metric: IMetric;
  readonly goesOff: 'at-or-above' | 'below';
  readonly threshold: number;
  /** Number of periods that are evaluated. */
  readonly periods: number;
  /** How many of them must breach; all of them if absent. */
  readonly breaching?: number;
  /** What missing data means. */
  readonly missing: TreatMissingData;
  /** True if ingest does not work; false if it works and found something that a person has to check. */
  readonly isIngestUnhealthy: boolean;
}
