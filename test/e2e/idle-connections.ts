import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One answered request, so that the connection is kept for a minute. */
export async function openIdle(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  socket.write('GET /healthz HTTP/1.1\r\nHost: receiver\r\n\r\n');
  await once(socket, 'data');
  return socket.resume();
}

/** How many files a process here may have open; Node raises the soft limit to the hard one by itself. */
export function openFilesLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | 'unlimited' } } };
  const soft = userLimits?.open_files?.soft ?? 2_048;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : soft;
}
