#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { EXIT } from './exit-codes.ts';
import { run } from './run.ts';

// Records pass through, millions of them: where V8 may put off to clear them away, it takes twice the memory and is no faster.
setFlagsFromString('--semi-space-growth-factor=1');

process.exitCode = await run(process.argv.slice(2));
// What was interrupted may still wait for an answer.
if (process.exitCode === EXIT.interrupted) process.exit();
