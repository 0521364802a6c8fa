import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { logger } from '../../shared/observability/logger.ts';
import { processRecord } from './process-record.ts';

const processor = new BatchProcessor(EventType.SQS);

/** Normalizes and announces the raw files of a batch, sequentially; a failed message is retried on its own after a delay. */
export const handler = (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  logger.addContext(context);
  const wholeMs = context.getRemainingTimeInMillis();
  const normalize = (record: SQSRecord) => processRecord(record, context, wholeMs);
  return processPartialResponse(event, normalize, processor, {
    context,
    processInParallel: false,
    throwOnFullBatchFailure: false,
  });
};
