import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const typescript5 = createRequire(import.meta.url).resolve('@ts-morph/common/dist/typescript.js');

/** Generators of clients call TypeScript's JavaScript API, which TypeScript 7 does not have: they get the one of ts-morph. */
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'typescript' ? pathToFileURL(typescript5).href : specifier, context),
});
