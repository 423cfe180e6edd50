import { defineConfig, type UserConfig } from 'tsdown';
import base from '../../tsdown.base.ts';

const configs: UserConfig[] = [
  base,
  // The command: a program and no module, so that nobody needs its types.
  {
    ...base,
    entry: { cli: 'src/cli/main.ts' },
    format: ['esm'],
    dts: false,
    clean: false,
    // For whoever has the package and not the repository.
    copy: [{ from: '../../deploy', to: 'dist' }],
  },
];

export default defineConfig(configs);
