import { describe, expect, it } from 'vitest';
import { createGroupCommit } from '../../../src/inbox/group-commit.ts';

describe('group commit', () => {
  it('joins the calls of one turn and answers each with its own', async () => {
    const commits: number[][] = [];
    const call = createGroupCommit(async (items: readonly number[]) => {
      commits.push([...items]);
      return items.map((item) => item * 10);
    }, 100);
    const answers = await Promise.all([call([1, 2]), call([3]), call([4, 5, 6])]);
    expect(commits).toEqual([[1, 2, 3, 4, 5, 6]]);
    expect(answers).toEqual([[10, 20], [30], [40, 50, 60]]);
  });

  it('begins a commit as soon as it is full, without waiting for the turn to end or for an earlier commit', async () => {
    const commits: number[][] = [];
    const call = createGroupCommit((items: readonly number[]) => {
      commits.push([...items]);
      return new Promise<never>(() => {});
    }, 2);
    void call([1]);
    expect(commits).toEqual([]);
    void call([2]);
    void call([3]);
    void call([4, 5, 6]);
    expect(commits).toEqual([[1, 2], [3], [4, 5, 6]]);
  });

  it('commits a later turn by itself', async () => {
    const commits: number[][] = [];
    const call = createGroupCommit(async (items: readonly number[]) => {
      commits.push([...items]);
      return items;
    }, 100);
    await call([1]);
    await call([2]);
    expect(commits).toEqual([[1], [2]]);
  });

  it('fails every call of a failed commit, and no other', async () => {
    let commits = 0;
    const call = createGroupCommit(async (items: readonly number[]) => {
      commits += 1;
      if (commits === 1) throw new Error('Redis is away');
      return items;
    }, 100);
    const first = await Promise.allSettled([call([1]), call([2])]);
    expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(call([3])).resolves.toEqual([3]);
  });

  it('never divides a call, and keeps the order of calls', async () => {
    const commits: number[][] = [];
    const call = createGroupCommit(async (items: readonly number[]) => {
      commits.push([...items]);
      return items;
    }, 3);
    await Promise.all([call([1, 2]), call([3, 4]), call([5]), call([6, 7, 8, 9])]);
    expect(commits).toEqual([
      [1, 2],
      [3, 4, 5],
      [6, 7, 8, 9],
    ]);
  });
});
