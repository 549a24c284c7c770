/** Why a relay cannot be reached, in words for the user. Node gives codes; ws gives sentences of its own for what HTTP answers. */

const troubles: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nobody listens at this address.',
  ENOTFOUND: 'There is no such name on the network.',
  EAI_AGAIN: 'The name cannot be looked up; is this computer online?',
  ENETUNREACH: 'This computer has no way to it; is it online?',
  EHOSTUNREACH: 'This computer has no way to it; is it online?',
  ETIMEDOUT: 'It does not answer.',
  ECONNRESET: 'The connection was cut off.',
  EPIPE: 'The connection was cut off.',
  EPROTO: 'It speaks no TLS; is it a ws:// address?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'It speaks no TLS; is it a ws:// address?',
  CERT_HAS_EXPIRED: 'Its certificate has expired.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another name.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its certificate is signed by itself, and this computer does not trust it.',
  SELF_SIGNED_CERT_IN_CHAIN: 'Its certificate is signed by nobody whom this computer trusts.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'Its certificate is signed by nobody whom this computer trusts.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'Its certificate is signed by nobody whom this computer trusts.',
};

/** What keeps the connection from standing. The error of a name with several addresses has a code and no message. */
export function relayTrouble(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = troubles[code];
  if (known !== undefined) return known;
  const status = /^Unexpected server response: (\d+)$/.exec(error.message)?.[1];
  if (status !== undefined) return `A web server answers there (HTTP ${status}), and no relay.`;
  if (/handshake has timed out/.test(error.message)) return 'It does not answer.';
  return error.message || code || error.name;
}
