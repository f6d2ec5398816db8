import type { ChainableCommander } from 'ioredis';

/**
 * The answers of a MULTI, in order.
 * @throws the first error of any command in it
 */
export async function runTransaction(transaction: ChainableCommander): Promise<unknown[]> {
  const results = await transaction.exec();
  if (results === null) throw new Error('Redis discarded the transaction');
  return results.map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
}
