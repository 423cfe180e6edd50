import { defineConfig, type UserConfig } from 'tsdown';

const config: UserConfig = defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node22.14',
  dts: { sourcemap: true },
  sourcemap: true,
  clean: true,
  fixedExtension: false,
});

export default config;
