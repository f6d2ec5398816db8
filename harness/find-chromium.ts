import { findProgram } from './find-program.ts';

/** Path of a Chromium on the PATH; `null` if there is none. */
export function findChromium(path?: string): string | null {
  return findProgram(['chromium', 'chromium-browser', 'google-chrome'], path);
}
