/** `npm run rules:test`: see `rules-test/command.ts`. Most of the time of an offline run is for compiling code, which is kept. */
import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('./rules-test/command.ts');
