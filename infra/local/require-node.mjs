// Preloaded before any TypeScript, so that an old Node gets one clear line instead of a syntax error.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `smt-ingest needs Node 24 or later; this is ${process.version} (${process.execPath}). ` +
      'On Linux `npm ci` brings one along; elsewhere install it from https://nodejs.org and try again.',
  );
  process.exit(1);
}
