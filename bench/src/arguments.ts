import { parseArgs } from 'node:util';
import { OPERATIONS, QUICK, type Operation } from './operations/index.ts';
import { GROUPS } from './subjects/index.ts';
import { KEYS } from './values.ts';

export const HELP = `How fast the operations are on each backend, beside the bare client and what else there is, on servers of its own.

npm run bench                             all of it, within half an hour
npm run bench -- --quick                  with 64 calls in flight, ${QUICK.join('; ')}: within two minutes
  --group <name>                          one of ${Object.keys(GROUPS).join(', ')}; may come several times
  --operation <name>                      one of ${Object.keys(OPERATIONS).join('; ')}
  --in-flight <number>                    may come several times
  --large <number>                        stores, lists, exports and imports so many tokens; default 200000, 20000 if quick
  --growth <number>                       only what calls cost as a database grows to so many entries, which takes some minutes
  --out <directory>                       where bench.json, bench.svg and bench.md go; default: bench/results
  --compare <file>                        a bench.json of another run: what has changed by more than its spread`;

export interface Arguments {
  readonly help: boolean;
  readonly quick: boolean;
  readonly groups: readonly string[];
  readonly operations: readonly Operation[];
  readonly inFlight: readonly number[];
  readonly large: number;
  readonly growth: number | undefined;
  readonly out: string;
  readonly compare: string | undefined;
}

/** @throws TypeError for what is not known. */
export function parseArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      group: { type: 'string', multiple: true },
      operation: { type: 'string', multiple: true },
      'in-flight': { type: 'string', multiple: true },
      large: { type: 'string' },
      growth: { type: 'string' },
      out: { type: 'string', default: 'bench/results' },
      compare: { type: 'string' },
    },
  });
  const { help, quick, out, compare } = values;
  const inFlight = values['in-flight']?.map(Number) ?? (quick ? [64] : [1, 64, 256, 1024]);
  if (!inFlight.every((number) => Number.isInteger(number) && number > 0 && number <= KEYS)) {
    throw new TypeError(`--in-flight must be a whole number from 1 to ${KEYS}`);
  }
  const large = wholeNumber(values.large ?? (quick ? '20000' : '200000'), '--large');
  return {
    help,
    quick,
    groups: known(values.group, Object.keys(GROUPS), '--group'),
    operations: known(
      values.operation ?? (quick ? QUICK : undefined),
      Object.keys(OPERATIONS) as Operation[],
      '--operation',
    ),
    inFlight,
    large,
    growth: values.growth === undefined ? undefined : wholeNumber(values.growth, '--growth'),
    out,
    compare,
  };
}

function wholeNumber(given: string, name: string): number {
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1) throw new TypeError(`${name} must be a whole number from 1`);
  return number;
}

function known<T extends string>(given: readonly string[] | undefined, all: readonly T[], name: string): T[] {
  const wrong = given?.find((one) => !(all as readonly string[]).includes(one));
  if (wrong !== undefined) throw new TypeError(`${name} must be one of ${all.join(', ')}`);
  return all.filter((one) => given === undefined || given.includes(one));
}
