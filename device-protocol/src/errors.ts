/**
 * Why a device did not do what it was asked: numbers on the wire (for ever), each with its words for the user and an advice.
 * The optional detail of an error message adds where, never what: no content, no key.
 */

/** One row of the table. */
type ErrorRow = { readonly code: number; readonly words: string; readonly advice: string };

export const deviceErrors = {
  malformed: row(1, 'The device could not read the message.', 'Update the host or the device: they disagree.'),
  unsupported: row(2, 'The device does not know this command.', 'Update the firmware of the device.'),
  invalid_params: row(3, 'The device refused the values of the request.', 'The app sent something unusual; report it.'),
  too_large: row(4, 'The request is larger than the device takes.', 'Sign or encrypt something smaller.'),
  locked: row(5, 'The device is locked.', 'Unlock it with its PIN and ask again.'),
  fresh: row(6, 'The device is not set up yet.', 'Set it up: it needs a key first.'),
  denied: row(7, 'The request was denied on the device.', 'Ask again if that was a mistake.'),
  timed_out: row(8, 'Nobody pressed a button on the device in time.', 'Ask again and look at the device.'),
  cancelled: row(9, 'The request was cancelled.', 'Ask again if it is still wanted.'),
  busy: row(10, 'The device has too many open requests.', 'Ask again when the others are decided.'),
  stream_integrity: row(
    13,
    'The data changed while the device read it.',
    'Ask again; if it happens again, check the computer.',
  ),
  storage: row(14, 'The memory of the device failed.', 'Unplug it, plug it in again and ask again.'),
  unknown_account: row(17, 'The device has no such account.', 'Choose an account that the device lists.'),
  duplicate_id: row(18, 'The device has an open request with this id.', 'Restart the host: its numbering went wrong.'),
  bad_payload: row(19, 'The text cannot be encrypted or decrypted.', 'It is damaged, or meant for another key.'),
  stalled: row(20, 'The data stopped coming while the device read it.', 'Check the cable and ask again.'),
  forbidden_kind: row(
    21,
    'The device never signs events of this kind.',
    'Rumors (14, 15) and NIP-46 messages are not signed.',
  ),
  rate_limited: row(23, 'The device was asked too often.', 'Wait a while and try again.'),
  not_paired: row(24, 'The device does not know this computer.', 'Pair them first.'),
  forbidden: row(
    25,
    'The device was told never to allow this.',
    'Remove the refusal on the device if that was a mistake.',
  ),
  replayed: row(
    26,
    'The device has seen this request before, or a later one of the app.',
    'Ask again with a new request.',
  ),
  unauthenticated: row(
    27,
    'The device could not verify that the app asked this.',
    'Pair the app again if it stays so.',
  ),
  unknown_client: row(28, 'The device does not know this app.', 'Pair the app again.'),
  full: row(29, 'The device has no room for more.', 'Remove what is not used any more.'),
  wrong_state: row(30, 'The device cannot do that in its present state.', 'Look at its screen.'),
  not_announced: row(
    31,
    'Nobody told the device to expect an app.',
    'Open “Pair an app” on the device, then try again.',
  ),
} as const satisfies Readonly<Record<string, ErrorRow>>;

/** The name of a device error. */
export type DeviceError = keyof typeof deviceErrors;

function row(code: number, words: string, advice: string): ErrorRow {
  return { code, words, advice };
}
