import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../infra/config/settings.ts';
import { Announcements } from '../../infra/constructs/announcements.ts';

function templateWith(announcementEndpoint: string | null) {
  const stack = new Stack(new App(), 'Test');
  new Announcements(stack, 'Announcements', readSettings(stack.node, { announcementEndpoint }));
  return Template.fromStack(stack);
}

describe('Announcements', () => {
  test('are posted to the configured endpoint, and what it does not accept waits in an encrypted queue', () => {
    const template = templateWith('https://app.example.com/api/smt/announcements');

    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'https',
      Endpoint: 'https://app.example.com/api/smt/announcements',
    });
    const [subscription] = Object.values(template.findResources('AWS::SNS::Subscription'));
    const [queueId] = Object.keys(template.findResources('AWS::SQS::Queue'));
    expect(subscription?.Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [queueId, 'Arn'] },
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 1_209_600,
    });
  });

  test('are posted nowhere without one, and never without TLS', () => {
    expect(templateWith(null).findResources('AWS::SNS::Subscription')).toEqual({});
    expect(() => templateWith('http://app.example.com/')).toThrow('announcementEndpoint');
  });
});
