import type { FuzzTarget } from './target.ts';
import { commands } from './targets/commands.ts';
import { entries } from './targets/entries.ts';
import { envelopes } from './targets/envelopes.ts';
import { idempotencyKeys } from './targets/idempotency-keys.ts';
import { chunkSizes, keyHeaders, methods } from './targets/requests.ts';
import { rulesFiles } from './targets/rules-files.ts';
import { signatures } from './targets/signatures.ts';
import { templates } from './targets/templates.ts';

export const ALL_TARGETS: readonly FuzzTarget[] = [
  envelopes,
  signatures,
  rulesFiles,
  templates,
  commands,
  entries,
  idempotencyKeys,
  methods,
  chunkSizes,
  keyHeaders,
];
