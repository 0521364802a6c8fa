import path from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Architecture, LoggingFormat, RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type EnvironmentKey, environmentNames } from '../../shared/environment.ts';

const projectRoot = path.join(import.meta.dirname, '../..');

export interface IngestFunctionProps {
  /** Folder below functions/ whose handler.ts is bundled. */
  readonly entry: string;
  readonly memorySizeMb?: number;
  readonly timeout?: Duration;
}

/** A Lambda of this system: Node 24 on arm64, one ESM file bundled by the local esbuild with all it runs on. */
export class IngestFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: IngestFunctionProps) {
    super(scope, id, {
      entry: path.join(projectRoot, 'functions', props.entry, 'handler.ts'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySizeMb ?? 256,
      timeout: props.timeout ?? Duration.seconds(29), // API Gateway waits 30 s
      environment: { POWERTOOLS_SERVICE_NAME: props.entry, POWERTOOLS_METRICS_NAMESPACE: 'SmtIngest' },
      loggingFormat: LoggingFormat.JSON,
      recursiveLoop: RecursiveLoop.TERMINATE,
      logGroup: new LogGroup(scope, `${id}Logs`, {
        retention: RetentionDays.ONE_YEAR,
        removalPolicy: RemovalPolicy.RETAIN,
      }),
      projectRoot,
      depsLockFilePath: path.join(projectRoot, 'package-lock.json'),
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        mainFields: ['module', 'main'],
        minify: true,
        keepNames: true,
        externalModules: ['pg-native'], // pg's optional C driver, never installed
        // pg is CommonJS and calls require() at run time, which an ES module has not got.
        banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      },
    });
  }

  /** Sets a variable by the key that the functions read it by. */
  setEnvironment(key: EnvironmentKey, value: string): void {
    this.addEnvironment(environmentNames[key], value);
  }
}
