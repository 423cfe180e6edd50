/** Holds the write lock of a file until standard input ends. */
import Database from 'better-sqlite3';
import { told } from './argument.ts';

const { target } = told();
const db = new Database(target.kind === 'sqlite' ? target.path : ':memory:');
db.exec('BEGIN IMMEDIATE');
process.stdout.write('locked\n');
process.stdin.resume().on('end', () => {
  db.exec('ROLLBACK');
  db.close();
});
