import { nounOf } from '../kinds.ts';
import type { Cli } from '../program.ts';
import { addRecords } from './records.ts';

/** What lives for minutes: authorization requests, and codes. */
export function addStates(cli: Cli): void {
  addRecords(cli, nounOf('states'));
  addRecords(cli, nounOf('codes'));
}
