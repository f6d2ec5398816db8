import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../fixtures/events/', import.meta.url);

export interface Fixture {
  readonly name: string;
  readonly raw: Buffer;
}

/** The saved events of every folder, so that tests over all of them also run over those of a new envelope. */
export function readAllFixtures(): Fixture[] {
  return listEnvelopes().flatMap((envelope) => readFixtures(envelope));
}

/** The folders of saved events, one for each envelope. */
export function listEnvelopes(): string[] {
  return readdirSync(FOLDER).toSorted();
}

/** The saved events of one envelope. */
export function readFixtures(envelope: string): Fixture[] {
  const folder = new URL(`${envelope}/`, FOLDER);
  return readdirSync(folder)
    .sort()
    .map((file) => ({ name: file.replace('.json', ''), raw: readFileSync(new URL(file, folder)) }));
}
