import { temporaryDirOfFile } from './temporary-dir.ts';

/** Every App of the CDK makes a new folder in the temporary directory and leaves it, unless this names one. */
process.env.CDK_OUTDIR = await temporaryDirOfFile();
