/** Bundles the firmware core into one file of plain JavaScript: what a microcontroller's engine would be given. */
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** The one file, as text: a script that defines `firmware`. What it cannot find within itself makes the bundling fail. */
export async function bundleFirmware(): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(new URL('guest.ts', import.meta.url)),
    resolve: { conditionNames: ['sallyport-source', 'import', 'default'] },
    platform: 'neutral',
    onLog: (_level, log) => {
      throw new Error(`the bundle is not whole: ${log.message}`);
    },
  });
  const { output } = await build.generate({ format: 'iife', name: 'firmware', minify: true });
  await build.close();
  const [file, ...others] = output;
  if (others.length > 0) throw new Error(`${1 + others.length} files, and one was wanted`);
  return file.code;
}
