import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { logger } from '../../shared/observability/logger.ts';
import { processRecord } from './process-record.ts';

const processor = new BatchProcessor(EventType.SQS);

/** Normalizes and announces the raw files of a batch, one after the other; a message that fails comes back alone, after a while. */
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
