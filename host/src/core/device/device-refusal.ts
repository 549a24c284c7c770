/** What an error of the device is as a refusal: its words are those of the protocol's table. */
import { type DeviceError, deviceErrors } from '@sallyport/device-protocol';
import { type Refusal, type RefusalCode, refuse } from '../nip46/refusal.ts';

/** Codes of ours that a device has no error for, or another name. */
const codes: Partial<Record<DeviceError, RefusalCode>> = {
  fresh: 'not_set_up',
  unknown_client: 'not_paired',
};
const ownCodes = [
  'denied',
  'timed_out',
  'cancelled',
  'busy',
  'too_large',
  'bad_payload',
  'forbidden_kind',
  'locked',
  'forbidden',
  'replayed',
  'unauthenticated',
  'full',
  'wrong_state',
  'not_announced',
  'rate_limited',
  'unknown_account',
] as const satisfies readonly (DeviceError & RefusalCode)[];

/** The refusal for an error of the device, in the words of the table. */
export function toRefusal(error: DeviceError): Refusal {
  const { words, advice } = deviceErrors[error];
  const code = codes[error] ?? ownCodes.find((one) => one === error) ?? 'device_refused';
  return refuse(code, words, advice);
}

/** The same of its number; one that is not known is an error all the same (PROTOCOL.md, chapter 6). */
export function refusalOfNumber(number: number): Refusal {
  const names = Object.keys(deviceErrors) as DeviceError[];
  return toRefusal(names.find((name) => deviceErrors[name].code === number) ?? 'invalid_params');
}
