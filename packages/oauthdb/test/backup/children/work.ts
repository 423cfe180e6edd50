// Backs a database up, or restores it, as one process of several in a test: what url file.
import { backup, open, restore } from '../../../src/index.ts';

const [what, url, file, prefix] = process.argv.slice(2) as [string, string, string, string];
const db = await open(url, {
  keyPrefix: `${prefix}held:`,
  serverKeyPrefix: `${prefix}issued:`,
  commandTimeout: 20_000,
});
console.log('started');
const { records } = what === 'backup' ? await backup(db, file) : (await restore(db, file)).backup;
console.log(`${records} ${process.resourceUsage().maxRSS}`);
await db.close();
