import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../fixtures/events/', import.meta.url);

export interface Fixture {
  readonly name: string;
  readonly raw: Buffer;
}

/** The saved events of one envelope: one for each topic that Genesys documents, with every field. */
export function readFixtures(envelope: 'event-bridge' | 'notification' | 'flat'): Fixture[] {
  const folder = new URL(`${envelope}/`, FOLDER);
  return readdirSync(folder)
    .sort()
    .map((file) => ({ name: file.replace('.json', ''), raw: readFileSync(new URL(file, folder)) }));
}
