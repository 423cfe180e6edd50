export { cluster } from './cluster.ts';
export { sentinel } from './sentinel.ts';
export { standalone } from './standalone.ts';
export { tls } from './tls.ts';
