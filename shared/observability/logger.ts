import { Logger } from '@aws-lambda-powertools/logger';

/** The function's only logger, so that every line has the request id, whichever module writes it. */
export const logger = new Logger();
