import { expect, it } from 'vitest';
import { parseCollections } from '../../../bench/process/gc-log.ts';

it("reads V8's collections, and passes over the log of the process between them", () => {
  const young =
    '[7:0x1:0]  219 ms: pause=12.6 mutator=189.0 gc=s reduce_memory=0 allocated=4985664 promoted=100 new_space_survived=362';
  const old = '[7:0x1:0]  900 ms: pause=3.25 mutator=1.3 gc=ms reduce_memory=0 allocated=7 promoted=0 new_space_survived=0';
  expect(parseCollections(`{"level":"info","msg":"listening"}\n${young}\n{"gc":1}\n${old}\n`)).toEqual([
    { kind: 'young', pauseMs: 12.6, allocated: 4_985_664, survived: 462 },
    { kind: 'old', pauseMs: 3.25, allocated: 7, survived: 0 },
  ]);
});
