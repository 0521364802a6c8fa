import { startPage } from './lib/page.ts';

void startPage(() => undefined);
