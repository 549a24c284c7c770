/**
 * The embedded relay in a process of its own, for the bench: it says its address in one JSON line and serves until it is killed, or
 * whoever started it is gone.
 */
import { startLoopbackRelay } from '../../host/src/loopback-relay/server.ts';

process.stdin.resume().once('close', () => process.exit());
const { url } = await startLoopbackRelay();
console.log(JSON.stringify({ url }));
