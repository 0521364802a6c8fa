import { optionalEnvironment } from '../environment.ts';
import { type ExpectedDelivery, expectedDelivery } from './expected-delivery.ts';

/** What the stack's settings expect of deliveries; null where none are expected. */
export function expectedByEnvironment(): ExpectedDelivery | null {
  const text = optionalEnvironment('expectedDelivery');
  return text === undefined ? null : expectedDelivery.parse(JSON.parse(text));
}
