/** The browser of the system, for tests and the bench: Debian's chromium, headless, or the one that CHROMIUM names. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export const isInstalled = existsSync(executablePath);

export function launch(): Promise<Browser> {
  // A container's root has no user namespaces for the sandbox; the pages are ours.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}
