/**
 * The `nostrconnect://` line that an app shows and a person gives to this signer (NIP-46, "initiated by the client"): today's flat
 * form, and the older one with `metadata=<json>`. All that it says of the app is a claim; only its key, its relays and its secret
 * are used, and the secret goes back to it unchanged.
 */
import { bridgeLimits as limits } from '../bridge/bridge-limits.ts';
import { isHex32 } from '../nip46/event.ts';
import { relayWordsMax } from '../nip46/limits.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { parseShallowJson } from '../nip46/shallow-json.ts';
import { cleanLine, cleanList, parseMetadata } from './client-metadata.ts';

/** An app that introduces itself. `secret` is its own, for the answer; empty in lines of 2023 and 2024, which had none. */
export type Introduction = {
  readonly client: string;
  readonly relays: readonly string[];
  readonly secret: string;
  readonly name: string;
  readonly url: string;
  readonly perms: string;
};

/** Reads a line. `relayUrl` gives the normal form of a relay's address, or null for what is none. */
export function parseNostrconnect(text: string, relayUrl: (text: string) => string | null): Introduction | Refusal {
  const line = text.trim();
  if (line.length > limits.nostrconnectMax) return malformed('is longer than any app makes one');
  if (/^bunker:/i.test(line)) return bunkerLine;
  const [, key = '', query = ''] = /^nostrconnect:(?:\/\/)?([^/?#]*)\/?(?:\?([^#]*))?$/i.exec(line) ?? [];
  const client = key.toLowerCase();
  if (!isHex32(client)) return malformed('does not begin with nostrconnect:// and a key of 64 hex digits');
  const params = parametersOf(query);
  if (params === null) return malformed('has a % that stands for nothing');
  const [secret = ''] = params.get('secret') ?? [];
  if (secret.length > limits.secretMax || !secret.isWellFormed()) return malformed('has a secret that is none');
  const relays: string[] = [];
  for (const each of params.get('relay') ?? []) {
    const url = relayUrl(each);
    if (url === null) return malformed(`names "${cleanLine(each, relayWordsMax)}", which is no relay`);
    if (!relays.includes(url) && relays.length < limits.relaysPerRequest) relays.push(url);
  }
  if (relays.length === 0) return malformed('names no relay on which the app listens');
  return { client, relays, secret, ...claims(params) };
}

/** What stands beside the metadata counts more than what stands in it: that is today's form. */
function claims(params: Parameters): Pick<Introduction, 'name' | 'url' | 'perms'> {
  const [metadata = ''] = params.get('metadata') ?? [];
  const { name, url } = parseMetadata(metadata);
  const said = (field: string): string | undefined => params.get(field)?.[0];
  return {
    name: cleanLine(said('name'), limits.nameMax) || name,
    url: cleanLine(said('url'), limits.urlMax) || url,
    perms: cleanList(said('perms') ?? permsIn(metadata), limits.permsMax),
  };
}

type Parameters = ReadonlyMap<string, readonly string[]>;

/** The parameters of a query, each with its values in their order; null when it is badly encoded. */
function parametersOf(query: string): Parameters | null {
  const params = new Map<string, readonly string[]>();
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    const name = decoded(equals < 0 ? part : part.slice(0, equals));
    const value = decoded(equals < 0 ? '' : part.slice(equals + 1));
    if (name === null || value === null) return null;
    params.set(name, [...(params.get(name) ?? []), value]);
  }
  return params;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null; // It throws for bytes that are no UTF-8, too.
  }
}

/** Permissions within the metadata: a text, or (some apps) a list of texts. */
function permsIn(metadata: string): string {
  const value = metadata.length > limits.metadataMax ? null : parseShallowJson(metadata, limits.json);
  const perms = typeof value === 'object' && value !== null && 'perms' in value ? value.perms : '';
  if (Array.isArray(perms)) return perms.filter((each) => typeof each === 'string').join(',');
  return typeof perms === 'string' ? perms : '';
}

const bunkerLine = refuse(
  'malformed',
  'The line is a bunker line: that one goes into the app.',
  'Paste it there, or copy the nostrconnect:// line that the app shows.',
);

function malformed(what: string): Refusal {
  return refuse('malformed', `The line ${what}.`, 'Copy it from the app once more.');
}
