import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Metafile } from 'esbuild';

/**
 * Bundles what browsers run, and writes the pages that name it: `node build.ts OUTPUT_DIR`. Runs when the stack is
 * synthesized. Asset names contain a hash of the content, so that they can be cached forever.
 */
const clientDir = path.join(import.meta.dirname, 'client');
const htmlDir = path.join(import.meta.dirname, 'html');

/** Pages, by the name of their body in html/ and their script in client/. */
const titles = {
  overview: 'Overview',
  'raw-files': 'Raw files',
  'raw-file': 'Raw file',
  usage: 'Usage',
  api: 'API',
} as const;

const [outputDir] = process.argv.slice(2);
if (!outputDir) throw new Error('usage: node build.ts OUTPUT_DIR');

const entries = [
  ...Object.keys(titles).map((page) => `${page}.ts`),
  'hash-worker.ts',
  'style.css',
  'icon.svg',
];
// Each page is bundled by itself: what pages share is a few kilobytes, and a file more is a request more.
const builds = await Promise.all(
  entries.map((entry) =>
    build({
      absWorkingDir: clientDir,
      entryPoints: [entry],
      outdir: path.join(outputDir, 'assets'),
      entryNames: '[name]-[hash]',
      chunkNames: 'later-[hash]',
      assetNames: '[name]-[hash]',
      bundle: true,
      splitting: true, // for what is imported later
      format: 'esm',
      target: ['chrome119', 'firefox121', 'safari17.4'],
      loader: { '.svg': 'copy' },
      minify: true,
      legalComments: 'eof',
      metafile: true,
      logLevel: 'warning',
    }),
  ),
);
const outputs: Metafile['outputs'] = Object.assign({}, ...builds.map(({ metafile }) => metafile.outputs));
await writePages(outputDir, outputs);

/** The URL of each entry. */
function assetUrls(outputs: Metafile['outputs']): ReadonlyMap<string, string> {
  const built = Object.entries(outputs).flatMap(([file, output]) => {
    // The copy loader names no entry point; such a file has one input, itself.
    const [onlyInput] = Object.keys(output.inputs);
    const entry = output.entryPoint ?? onlyInput;
    return entry === undefined ? [] : [[entry, urlOf(file)] as const];
  });
  return new Map(built.filter(([entry]) => entries.includes(entry)));
}

/** Every file that an entry imports, at once or later: what the browser would otherwise find one after another. */
function importedUrls(outputs: Metafile['outputs'], entry: string): readonly string[] {
  const found = new Set<string>();
  const follow = (file: string) => {
    for (const { path: imported } of outputs[file]?.imports ?? []) {
      if (found.has(imported)) continue;
      found.add(imported);
      follow(imported);
    }
  };
  follow(Object.keys(outputs).find((file) => outputs[file]?.entryPoint === entry) ?? '');
  return [...found].map(urlOf);
}

function urlOf(file: string): string {
  return `/assets/${path.basename(file)}`;
}

async function writePages(dir: string, outputs: Metafile['outputs']): Promise<void> {
  const urls = assetUrls(outputs);
  const layout = await readFile(path.join(htmlDir, 'layout.html'), 'utf8');
  await mkdir(path.join(dir, 'pages'), { recursive: true });
  for (const [page, title] of Object.entries(titles)) {
    const values: Record<string, string | undefined> = {
      title,
      page,
      style: urls.get('style.css'),
      icon: urls.get('icon.svg'),
      hashWorker: urls.get('hash-worker.ts'),
      script: urls.get(`${page}.ts`),
      preloads: importedUrls(outputs, `${page}.ts`)
        .map((url) => `<link rel="modulepreload" href="${url}">`)
        .join('\n    '),
      body: await readFile(path.join(htmlDir, `${page}.html`), 'utf8'),
    };
    const html = layout.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`layout.html references ${name}, which was not built`);
      return value;
    });
    await writeFile(path.join(dir, 'pages', `${page}.html`), html);
  }
}
