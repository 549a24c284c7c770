/**
 * Every limit of the device protocol, each beside its reason. The file refuses to load when two of them disagree, so that
 * a changed number cannot quietly make another one untrue.
 */

/** Bytes of a frame that are not payload: version, type, flags, sequence (1 each), link session (4), CRC-32 (4). */
export const frameOverhead = 12;

export const limits = {
  /** Smallest and default frame, header and CRC included. 512 fits the receive buffer of any microcontroller with USB. */
  frameMin: 64,
  frameDefault: 512,
  /** Largest frame a device may announce: beyond this a lost byte costs more than the saved headers bring. */
  frameMax: 4096,
  /** Largest message. One receive buffer of a small board; anything larger is streamed in chunks. */
  messageMax: 4096,
  /** What sealing adds to a message: the tag of Poly1305. */
  sealOverhead: 16,
  /** Messages of one direction under one key. A thousand a second use it up in seven weeks; then the session is renewed. */
  sealedMessagesMax: 0xffff_ffff,
  /** Paired computers of one device: more than its owner has, and their list fits one message. */
  hostsMax: 8,
  /** How long the digits are compared before a pairing counts as refused: as long as any approval. */
  pairingMs: 60_000,
  /** Pairings that may be begun at once; each further one has to wait, at first this long, then twice as long each time. */
  pairingTries: 3,
  pairingPauseMs: 60_000,
  pairingPauseMaxMs: 3_600_000,
  /** Questions of computers in their own name that nobody agreed to, in a row; then the same pauses. More would wear a human down. */
  ownTries: 5,
  /** Frames that may be unacknowledged. Half of the 256 sequence numbers would be the limit of go-back-N's safety here. */
  windowMax: 32,
  /**
   * Messages of full size that may wait for acknowledgement before a side takes no more from its peer. Honest peers stay far
   * below: each has at most `requestsMax` requests, answers and cancels under way, and six chunks.
   */
  messagesUnacknowledged: 32,
  /** Envelope, keys and heads around the bytes of a chunk or an inline head, rounded up generously. */
  messageOverhead: 256,
  /** Largest chunk of a stream: what fits one message. */
  chunkMax: 3840,
  /** Least piece of a pushed output that is not its last one: a bound on how many pieces there can be. */
  pieceMin: 256,
  /** As much of an input as travels with its request: a chunk less the largest label, a peer key and their heads. */
  headMax: 3584,
  /** Chunks that a device may ask for beyond the one that it wants next: with that one they fill a window of frames of 512 bytes. */
  chunksAheadMax: 3,
  /** How long a stream may stand still: the other side is computing or gone, and the next request waits behind it. */
  chunkMs: 10_000,
  /** How long the outcome of an ended request is kept. A host comes back after a glitch within seconds, or it has given up. */
  resultKeptMs: 15_000,
  /** After a new link session, how long a request waits to be claimed by get_result before it is given up. */
  claimMs: 5_000,
  /** Text that names an app, a host or a firmware: one line of a large screen, twice. */
  labelMax: 64,
  /** Explanation inside an error message: where it was, never what; beside a label it fits `messageOverhead`. */
  detailMax: 128,
  /** Nesting of CBOR: envelope, body, stream, array, item is five; the rest is room. */
  depthMax: 8,
  /** Items of one message. Nothing in the table comes near; it bounds the work of a hostile 4 KiB message. */
  messageItemsMax: 1024,
  /** Largest event, as deterministic CBOR `[created_at, kind, tags, content]`, and largest text to encrypt. */
  streamMax: 1024 * 1024,
  /** Items of a streamed event: a follow list of 1 MiB has about 15,000 tags of two items and one head each. */
  streamItemsMax: 65_536,
  /** Largest ciphertext, coming in or going out: NIP-44 pads 1 MiB to at most 1.125 MiB, base64 adds a third. */
  resultMax: 1024 * 1024 + 640 * 1024,
  /** Largest content of an app's event: a text of 1 MiB escaped twice as JSON, padded and in base64, hardly ever takes more. */
  requestStreamMax: 4 * 1024 * 1024,
  /** Tags of an app's event, their items and the length of each: one `p` is what there has to be. */
  clientTagsMax: 8,
  clientTagItemsMax: 4,
  clientTagMax: 128,
  /**
   * Content of a request to the user pubkey that is answered: the answer, which may hold it twice over, is made in memory. A board has room for
   * at least the smaller size.
   */
  userRequestMax: 64 * 1024,
  userRequestLeast: 8 * 1024,
  /** One-time secrets that an unknown app may show: lines that wait at one time for apps of this sort. */
  secretsMax: 8,
  /** Apps that any board keeps; each board says its own number. */
  clientsMax: 1024,
  /** Grants of one app: more than a human ever reads. */
  grantsMax: 32,
  /** Longest time grant, in milliseconds of uptime: a week. */
  grantMsMax: 7 * 86_400_000,
  /** Permissions that an app asks for when it is paired, as text: as many as it may have grants, of 16 characters (`sign_event:1059,`). */
  permsMax: 512,
  /** Items of one page of a list: twelve of the largest fit a message. */
  listMax: 12,
  /** One entry of the log: ours have some thirty bytes, other firmware may tell more; a page of them fits a message. */
  logEntryMax: 256,
  /** An encrypted key (NIP-49) has 162 characters. */
  ncryptsecMax: 200,
  /**
   * Digits of a PIN, and wrong ones before the device wipes itself. Ten tries find one PIN of four digits in a thousand; sixteen digits fill a
   * row of a small screen.
   */
  pinMin: 4,
  pinMax: 16,
  pinFailuresMax: 10,
  /** Requests a host may have open on one device. */
  requestsMax: 8,
  /** Ended requests whose outcome the device keeps, so that a cable glitch never asks the human twice: all that were open, and a flow. */
  resultsKept: 9,
  /** Accounts of one device: their list, with the longest names, fits one message. */
  accountsMax: 16,
  /** Time a human has for one approval. */
  approvalMs: 60_000,
  /** Retransmission: first wait, doubled each time up to the largest, and how often before the link counts as down. */
  retransmitMs: 300,
  retransmitMaxMs: 2_000,
  retransmitTries: 5,
  /** Wait for the answer to a hello, and pause before the next hello. A booting board may take a second. */
  helloMs: 1_500,
} as const;

check(limits.frameMin > frameOverhead, 'a smallest frame must carry payload');
check(limits.frameMin <= limits.frameDefault && limits.frameDefault <= limits.frameMax, 'frame sizes must be ordered');
check(limits.windowMax < 128, 'go-back-N over 256 sequence numbers needs a window below 128');
check(limits.chunkMax + limits.messageOverhead <= limits.messageMax, 'a chunk must fit one message');
check(limits.headMax + limits.labelMax + limits.messageOverhead <= limits.messageMax, 'a head must fit its request');
check(
  limits.listMax * (limits.logEntryMax + 16) + limits.messageOverhead <= limits.messageMax,
  'a page of the log must fit',
);
check(
  limits.messagesUnacknowledged >= 3 * limits.requestsMax + limits.chunksAheadMax + 3,
  'honest peers must never stop hearing each other',
);
check(
  Math.max(limits.hostsMax, limits.accountsMax) * (32 + limits.labelMax + 32) + limits.messageOverhead <=
    limits.messageMax,
  'the lists of computers and of accounts, keys and names, must fit',
);
check(limits.claimMs < limits.resultKeptMs, 'what may still be claimed must still be known');
check(limits.resultsKept > limits.requestsMax, 'what was open when the link broke must still be known after it');
check(limits.labelMax + limits.detailMax < limits.messageOverhead, 'labels and details must fit the overhead');
check(limits.userRequestLeast <= limits.userRequestMax, 'sizes of requests to the user pubkey must be ordered');
// Padding is at most an eighth; 65 bytes of version, nonce and MAC, 6 of length prefix; then base64.
check(
  Math.ceil(((limits.streamMax * 9) / 8 + 71) / 3) * 4 <= limits.resultMax,
  'the NIP-44 payload of the largest text must fit a result',
);

function check(holds: boolean, words: string): void {
  if (!holds) throw new Error(`limits disagree: ${words}`);
}
