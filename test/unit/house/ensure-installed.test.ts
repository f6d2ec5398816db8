import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'scripts', 'ensure-installed.mjs');

/** In npm's place: as npm does, it removes what is installed, and writes last the file that says that all is. Two at once fail. */
const NPM = `
const { appendFileSync, mkdirSync, rmdirSync, writeFileSync } = require('node:fs');
mkdirSync('installing');
appendFileSync('installs', process.argv[2] + '\\n');
setTimeout(() => {
  mkdirSync('node_modules', { recursive: true });
  rmdirSync('installing');
  writeFileSync('node_modules/.package-lock.json', '');
}, 300);
`;

/** A fresh clone with nothing but a lock file. */
function cloneFresh() {
  const root = mkdtempSync(join(tmpdir(), 'hookpatch-install-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'scripts'));
  copyFileSync(SCRIPT, join(root, 'scripts', 'ensure-installed.mjs'));
  writeFileSync(join(root, 'package-lock.json'), '{}');
  writeFileSync(join(root, 'npm.js'), NPM);
  const run = async () => {
    const env = { ...process.env, npm_execpath: join(root, 'npm.js') };
    const child = spawn(process.execPath, ['scripts/ensure-installed.mjs'], { cwd: root, env, stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    return code as number;
  };
  const installs = () => (existsSync(join(root, 'installs')) ? readFileSync(join(root, 'installs'), 'utf8') : '');
  return { root, run, installs };
}

test('scripts that start together install once, and all wait for it', async () => {
  const { run, installs } = cloneFresh();
  expect(await Promise.all([run(), run(), run()])).toEqual([0, 0, 0]);
  expect(installs()).toBe('ci\n');
});

test('an install whose process was killed holds nobody up', async () => {
  const { root, run, installs } = cloneFresh();
  const { pid } = spawnSync(process.execPath, ['--version']);
  mkdirSync(join(root, '.cache'));
  writeFileSync(join(root, '.cache', 'install.lock'), String(pid));
  expect(await run()).toBe(0);
  expect(installs()).toBe('ci\n');
});

test('nothing is installed when nothing is due', async () => {
  const { root, run, installs } = cloneFresh();
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), '');
  expect(await run()).toBe(0);
  expect(installs()).toBe('');
});
