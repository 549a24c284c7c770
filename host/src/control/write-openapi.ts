/** Writes openapi.json from the table of routes. A test says when it is not what the table says. */
import { writeFileSync } from 'node:fs';
import { openApi } from './openapi.ts';

writeFileSync(new URL('../../openapi.json', import.meta.url), `${JSON.stringify(openApi('0'), null, 2)}\n`);
