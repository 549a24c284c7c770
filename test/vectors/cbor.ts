/** cbor.json: RFC 8949 appendix A and the rules of our subset, with the verdict for each. */
import { decodeCbor } from '../../device-protocol/src/cbor/cbor.ts';
import { gate, messageBounds } from '../../device-protocol/src/cbor/gate.ts';
import { limits } from '../../device-protocol/src/limits.ts';
import { appendixA, type Row } from '../device-protocol/cbor/appendix-a.ts';
import { rules } from '../device-protocol/cbor/rules.ts';
import { bytesOf, diagnostic } from './diagnostic.ts';

export function cborVectors() {
  const rows = [
    ...appendixA.map((row) => ({ from: 'RFC 8949 appendix A', ...row })),
    ...rules.map((row) => ({ from: 'the rules of the subset', ...row })),
    ...bounds.map((row) => ({ from: 'the bounds of a message', ...row })),
  ];
  return {
    about: 'One item each, within the bounds of a message. offset is where the item starts that is wrong.',
    valid: rows.flatMap((row) => ('expected' in row ? [valid(row.from, row.hex)] : [])),
    invalid: rows.flatMap((row) => ('wrong' in row ? [invalid(row.from, row.hex, row.wrong)] : [])),
  };
}

const bounds: readonly Row[] = [
  { hex: `${'81'.repeat(limits.depthMax)}00`, expected: 0 },
  { hex: `${'81'.repeat(limits.depthMax + 1)}00`, wrong: 'too deep' },
  { hex: `9903ff${'00'.repeat(1_023)}`, expected: 0 },
  { hex: `990400${'00'.repeat(1_024)}`, wrong: 'too many items' },
  { hex: `590ffe${'00'.repeat(4_094)}`, wrong: 'too long' },
  { hex: '9affffffff', wrong: 'truncated' },
  { hex: 'baffffffff', wrong: 'truncated' },
  { hex: '5affffffff', wrong: 'truncated' },
  { hex: '7affffffff', wrong: 'truncated' },
  { hex: 'd833'.repeat(64), wrong: 'tag' },
  { hex: 'a1695f5f70726f746f5f5fa0', wrong: 'map key not an unsigned integer' },
];

function valid(from: string, hex: string) {
  const decoded = decodeCbor(bytesOf(hex));
  if ('wrong' in decoded) throw new Error(`${hex}: ${decoded.wrong}`);
  const notation = diagnostic(decoded.value);
  return { from, hex, diagnostic: notation.length <= 1_000 ? notation : null };
}

function invalid(from: string, hex: string, wrong: string) {
  const result = gate(bytesOf(hex), messageBounds);
  if (!('wrong' in result) || result.wrong !== wrong) throw new Error(`${hex} is not ${wrong}`);
  return { from, hex, wrong, offset: result.offset };
}
