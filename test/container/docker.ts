import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface DockerOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `docker ARGS` and returns what it printed. @throws Error with its output when it fails */
export async function docker(args: readonly string[], { cwd, env = {} }: DockerOptions = {}): Promise<string> {
  const options = { maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, ...env }, ...(cwd === undefined ? {} : { cwd }) };
  try {
    const { stdout } = await run('docker', [...args], options);
    return stdout.trim();
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`docker ${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** Standard output and standard error of a container so far. */
export async function logsOf(container: string): Promise<string> {
  const { stdout, stderr } = await run('docker', ['logs', container], { maxBuffer: MAX_OUTPUT_BYTES });
  return stdout + stderr;
}

/** The address of a published port. */
export async function addressOf(container: string, port: number): Promise<string> {
  const [first = ''] = (await docker(['port', container, `${port}/tcp`])).split('\n');
  return `http://${first}`;
}
