import sparticuzChromium from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

/**
 * Starts a headless browser: the one that CHROMIUM_PATH names, else the Chromium that npm brings for Linux on x64, else
 * the Chrome that is installed.
 */
export async function startBrowser(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'];
  if (process.env.CHROMIUM_PATH) {
    return chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args });
  }
  if (process.platform === 'linux' && process.arch === 'x64') {
    return chromium.launch({ executablePath: await sparticuzChromium.executablePath(), args });
  }
  return chromium.launch({ channel: 'chrome', args });
}
