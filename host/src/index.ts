/** The host as a library: run it between edges of your own. The program around it is main.ts. */
export type { HostIdentity } from './core/device/device-session.ts';
export { type Host, type HostParts, runHost } from './host.ts';
export { type LoopbackRelay, startLoopbackRelay } from './loopback-relay/server.ts';
export { loadChannelKey } from './store/channel-key.ts';
export { loadRemoteSignerKey } from './store/remote-signer-key.ts';
export { openStore } from './store/store.ts';
