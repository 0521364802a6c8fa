import { RemovalPolicy } from 'aws-cdk-lib';
import type { Settings } from '../config/settings.ts';

/**
 * What happens to a resource with data in it when it leaves the stack. Not plain RETAIN: that also leaves it behind when a
 * first deployment fails and is rolled back, once more at each attempt.
 */
export function removalPolicyOf({ retainData }: Pick<Settings, 'retainData'>): RemovalPolicy {
  return retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
