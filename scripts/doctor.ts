/** `npm run doctor`: everything that can be known before the first event. */
import { parseArgs } from 'node:util';
import { formatFindings } from './doctor/finding.ts';
import { runDoctor } from './doctor/run-doctor.ts';

const USAGE = `npm run doctor              asks Redis and Genesys what can be known before the first event; changes nothing
npm run doctor -- --json    the same, for programs

Reads the settings and the rules as the service does. Exit code: 0 nothing is wrong, 1 something is, 2 called the wrong way.`;

try {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  if (values.help) console.log(USAGE);
  else {
    const findings = await runDoctor(process.env);
    console.log(values.json ? JSON.stringify(findings, null, 2) : formatFindings(findings));
    if (findings.some(({ status }) => status === 'wrong')) process.exitCode = 1;
  }
} catch (error) {
  console.error(`doctor: ${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
