import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/**
 * Hashes files away from the page's thread, slice by slice, so that a file of gigabytes costs neither memory nor a
 * frozen page. Plain JavaScript: WebAssembly would be faster, and would need 'wasm-unsafe-eval' in the page's policy.
 */
const sliceSizeBytes = 4 * 1024 * 1024;

export type HashMessage =
  | { readonly kind: 'progress'; readonly hashedBytes: number }
  | { readonly kind: 'done'; readonly sha256: string }
  | { readonly kind: 'failed'; readonly message: string };

addEventListener('message', ({ data }: MessageEvent<File>) => {
  hash(data).catch((error: unknown) => {
    post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
});

async function hash(file: File): Promise<void> {
  const state = sha256.create();
  for (let offset = 0; offset < file.size; offset += sliceSizeBytes) {
    const slice = await file.slice(offset, offset + sliceSizeBytes).arrayBuffer();
    state.update(new Uint8Array(slice));
    post({ kind: 'progress', hashedBytes: Math.min(offset + sliceSizeBytes, file.size) });
  }
  post({ kind: 'done', sha256: bytesToHex(state.digest()) });
}

function post(message: HashMessage): void {
  postMessage(message);
}
