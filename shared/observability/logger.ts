import { Logger } from '@aws-lambda-powertools/logger';

/** The one logger of a function, so that the request id, once given to it, stands in every line, whoever writes it. */
export const logger = new Logger();
