/**
 * Writes the vectors and the CDDL. Run by hand, after a change of the wire that is meant:
 *
 *     node --conditions=sallyport-source test/vectors/write-vectors.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from './files.ts';

const root = join(import.meta.dirname, '../..');
for (const [path, text] of Object.entries(generatedFiles())) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(`${path}: ${text.length} characters`);
}
