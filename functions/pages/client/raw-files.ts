import { startPage } from './lib/page.ts';
import { startList } from './raw-files-page/list.ts';
import { startUploads } from './raw-files-page/uploads.ts';

/** /admin/smt/raw: drop files, watch them become intervals, find any file there ever was. */
let isStarted = false;
void startPage(() => {
  if (isStarted) return location.reload();
  isStarted = true;
  const list = startList();
  startUploads(() => list.refresh());
});
