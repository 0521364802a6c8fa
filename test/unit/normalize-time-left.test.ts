import { expect, test } from 'vitest';
import { checkTimeLeft, TimeRunningOutError } from '../../functions/normalize/time-left.ts';

test('lets a file of a batch begin only while half of the invocation is left', () => {
  expect(() => checkTimeLeft(900_000, 900_000)).not.toThrow();
  expect(() => checkTimeLeft(450_000, 900_000)).not.toThrow();
  expect(() => checkTimeLeft(449_999, 900_000)).toThrow(TimeRunningOutError);
});
