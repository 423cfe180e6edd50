#!/usr/bin/env node
import { EXIT } from './exit-codes.ts';
import { run } from './run.ts';

process.exitCode = await run(process.argv.slice(2));
// What was interrupted may still wait for an answer.
if (process.exitCode === EXIT.interrupted) process.exit();
