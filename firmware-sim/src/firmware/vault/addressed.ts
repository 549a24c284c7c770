/**
 * Which accounts answer requests that are addressed to their own key (PROTOCOL.md, chapter 21). Nobody does until the owner said so; a record
 * that cannot be read is as good as none.
 */
import { limits } from '@sallyport/device-protocol';
import type { OpenVault } from './open-vault.ts';

/** Record `addressed`: version, then the numbers of the accounts. */
const record = 'addressed';
const version = 1;

/** Their numbers, ascending. */
export function readAddressed(vault: OpenVault): readonly number[] {
  const bytes = vault.read(record);
  if (!(bytes instanceof Uint8Array) || bytes[0] !== version) return [];
  const numbers = [...bytes.subarray(1)].filter((number) => number < limits.accountsMax);
  return [...new Set(numbers)].sort((a, b) => a - b);
}

export function writeAddressed(vault: OpenVault, numbers: readonly number[]): void {
  vault.write(record, Uint8Array.of(version, ...numbers));
}
