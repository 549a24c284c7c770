/**
 * Writes openapi.json from the table of routes. A test says when it is not what the table says; then, from the root of the repository:
 *
 *     node --conditions=sallyport-source host/src/control/write-openapi.ts && biome check --write host/openapi.json
 */
import { writeFileSync } from 'node:fs';
import { openApi } from './openapi.ts';

writeFileSync(new URL('../../openapi.json', import.meta.url), `${JSON.stringify(openApi('0'), null, 2)}\n`);
