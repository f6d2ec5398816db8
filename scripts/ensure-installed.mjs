// Runs before every npm script: installs the dependencies when they are missing or older than the lock file.
// Plain JavaScript, because the Node that runs it may be too old to run TypeScript.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lock = join(root, '.cache', 'install.lock');

function modifiedAt(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

// npm writes node_modules/.package-lock.json last, so it is older than the lock file exactly when an install is due.
function isDue() {
  return modifiedAt('node_modules/.package-lock.json') < modifiedAt('package-lock.json');
}

function install() {
  console.error('Installing dependencies (npm ci) ...');
  // When npm itself runs this, npm_execpath is its own script; a bare `npm` serves a direct call.
  const npm = process.env.npm_execpath;
  const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm, 'ci']] : ['npm', ['ci']];
  execFileSync(command, [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
}

// Two installs at once would remove each other's node_modules: the second script waits for the first. The lock is a file that
// holds its owner's process id from the moment it is there, and counts no more when that process has ended.
async function holdLock(work) {
  const own = `${lock}.${process.pid}`;
  mkdirSync(dirname(lock), { recursive: true });
  writeFileSync(own, String(process.pid));
  try {
    while (!takeLock(own)) await delay(200);
    try {
      work();
    } finally {
      rmSync(lock);
    }
  } finally {
    rmSync(own);
  }
}

function takeLock(own) {
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isOwned()) rmSync(lock, { force: true });
    return false;
  }
}

function isOwned() {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

if (isDue()) {
  await holdLock(() => {
    if (isDue()) install();
  });
}
