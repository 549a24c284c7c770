/**
 * The host's limits, each beside its reason. The assertions at the end fail at load when two of them disagree.
 * Sizes are bytes unless the name says otherwise; times are milliseconds (`Ms`) or seconds (`S`).
 */

import type { JsonBounds } from './shallow-json.ts';

/**
 * Characters of an event's content. The device streams requests of up to 4 MiB (a 1 MiB event, escaped twice, padded,
 * base64); half a MiB more leaves room for the padding of larger ones, so that "too large" is said by name, not by a cable.
 */
export const eventContentMax = 4.5 * 1024 * 1024;

/** What an event may weigh besides its content: keys, signature, tags. A kind 24133 event needs 500 bytes. */
const eventEnvelopeMax = 64 * 1024;

/** Tags of an event that the loopback relay carries; a request has one, and other ephemeral kinds have few. */
export const eventTagsMax = 256;

/** One relay message that is parsed and acted upon: the largest event, and room for relays' own additions. */
export const relayMessageMax = 6 * 1024 * 1024;

/** One relay message that is still read off the socket, so that it is counted or refused by name; beyond it the socket ends. */
export const relayDrainMax = 2 * relayMessageMax;

/**
 * What a relay message may be made of. NIP-01 needs a nesting of 4; V8 takes a second for six million opening brackets. An event for
 * us is made of a dozen values, and an app that adds a thousand tags is still told that these are too many.
 */
export const relayJson: JsonBounds = { nestingMax: 16, valuesMax: 8_192 };

/** Relays at once: a session names two to five, and every one of them costs a socket and a verification per event. */
export const relaysMax = 16;

/** Characters of a relay's own words (OK, CLOSED, NOTICE) that are kept: they end up in one line of a log or a page. */
export const relayWordsMax = 200;

/**
 * How far back a subscription asks for. Clocks of apps are minutes off, and an event may be on its way while we connect: what
 * the freshness window of the bridge would take must not be kept back by the relay.
 */
export const sinceSlackS = 600;

/** TCP, TLS and the upgrade through a slow proxy; longer than this nobody waits for a login. */
export const relayOpenMs = 15_000;

/** Silence after which a socket is pinged. Middleboxes forget idle connections after 60 s and more. */
export const relayIdleMs = 30_000;

/** How long a ping may go unanswered before the socket counts as dead. */
export const relayPongMs = 10_000;

/** How long a computer that slept waits for the pong of a socket that it had before: most are dead, and apps wait. */
export const relayWakePongMs = 5_000;

/**
 * Without an event for this long, one to ourselves is sent through the relay: a subscription can die while the socket answers pings.
 * Relays that limit rates do not notice one event in three minutes.
 */
export const probeEveryMs = 180_000;

/** How long such an event may take, twice: then the connection is made anew. Queues of relays under load are seconds long. */
export const probeWaitMs = 30_000;

/** An event by our own key that we did not send is looked at once in this time: anybody can make up more of them. */
export const twinCheckMs = 60_000;

/** A relay that never carries our own events back, as some do not, is left and joined again no more often than this for it. */
export const silenceMaxMs = 3_600_000;

/** Longest rest after `rate-limited:`, so that an answer has several chances while somebody waits for it. */
export const restMaxMs = 15_000;

/** First wait before connecting (or subscribing) again; it doubles each time. */
export const backOffFirstMs = 1_000;

/** Longest such wait: an app that asks right then waits no longer than a person would. */
export const backOffMaxMs = 60_000;

/** A connection or subscription that lived this long was a good one, and the next back-off starts small again. */
export const relayStableMs = 30_000;

/** AUTH challenges answered per connection. One is normal, a second may follow an expiry; more is a loop. */
export const challengesMax = 4;

/** Characters of a challenge that we sign; relays in the field use 16 to 64. */
export const challengeMax = 1_024;

/** Published events that one relay has not acknowledged yet: all requests of a flood, answered at once. */
export const outboxCountMax = 1_024;

/** Characters of those events together: four of the largest. */
export const outboxCharsMax = 4 * relayMessageMax;

/** How long an event waits for a relay that is away. Apps give up after about a minute. */
export const outboxWaitMs = 60_000;

/** How long a relay may take for its OK. */
export const okWaitMs = 15_000;

/** Bytes that wait in a client socket for a stalled relay; past it the connection is given up, since nothing arrives anyway. */
export const relayUnsentMax = 32 * 1024 * 1024;

/**
 * What one relay may say in a burst, and each second, before it is thrown away unparsed. Every message costs its size and
 * `floodMessageCost`, which makes 4,096 small ones a second: more than a signer could ever answer. A value costs more time and
 * memory than its characters say, so what has more than `floodFreeValues` pays `floodValueCost` for each: four of the worst a second.
 */
export const floodBurstMax = 128 * 1024 * 1024;
export const floodPerSecond = 16 * 1024 * 1024;
export const floodMessageCost = 4 * 1024;
export const floodFreeValues = 64;
export const floodValueCost = 512;

/** Connections of the loopback relay: every app of one person's machine, and a simulator's tests. */
export const loopbackConnectionsMax = 256;

/** Subscriptions per connection: a NIP-46 client needs one or two, a session pool with many accounts a dozen. */
export const loopbackSubscriptionsMax = 32;

/** Filters per subscription. */
export const loopbackFiltersMax = 10;

/** Filters of one connection, and tag conditions of one filter: every event is held against all of them in our own event loop. */
export const loopbackFiltersTotalMax = 64;
export const loopbackTagConditionsMax = 4;

/** Characters of a subscription id (NIP-01). */
export const subscriptionIdMax = 64;

/** A whole REQ: about 900 keys. Filters are kept in memory: 256 connections × 32 × this is 512 MiB at the very worst. */
export const loopbackRequestMax = 64 * 1024;

/** An AUTH message: one event with two tags. */
export const loopbackAuthMax = 16 * 1024;

/** How far the `created_at` of an AUTH event may be from now (NIP-42: about ten minutes). */
export const authWindowS = 600;

/** Bytes that wait for one slow consumer: five of the largest events. Past it that connection is dropped, nobody else waits. */
export const loopbackUnsentMax = 32 * 1024 * 1024;

/** Bytes that wait for all consumers together. */
export const loopbackUnsentTotalMax = 256 * 1024 * 1024;

/** Plain HTTP requests at once (the NIP-11 document) besides the WebSocket connections. */
export const loopbackHttpMax = 32;

/** How long asks wait for a device that is not there: a glitch of the cable, or a hand that is just plugging it in. */
export const deviceAbsentGraceMs = 5_000;

/** After a PIN was asked for and not typed, how long apps are only told that the device is locked: no flood of questions for it. */
export const unlockPauseMs = 60_000;

/** Silence on the link after which the device is pinged: soon while somebody waits for it, rarely while nobody does. */
export const devicePingBusyMs = 3_000;
export const devicePingIdleMs = 15_000;

agree('a message holds the largest event', eventContentMax + eventEnvelopeMax <= relayMessageMax);
agree('a message that is refused by name is still read', relayMessageMax < relayDrainMax);
agree('the outbox holds the largest event', relayMessageMax <= outboxCharsMax);
agree('a client socket holds a full outbox', outboxCharsMax <= relayUnsentMax);
agree('a relay may answer a full outbox in one burst', outboxCountMax * floodMessageCost <= floodBurstMax);
agree(
  'a burst holds the largest message',
  relayDrainMax + floodMessageCost + relayJson.valuesMax * floodValueCost <= floodBurstMax,
);
agree('an acknowledgement is due before the event is given up', okWaitMs <= outboxWaitMs);
agree('whoever waits for the device is pinged for first', devicePingBusyMs < devicePingIdleMs);
agree('back-off grows', backOffFirstMs <= backOffMaxMs);
agree('a dead socket is noticed before its next ping', relayPongMs < relayIdleMs);
agree('a silent connection is not one that just began', relayStableMs < 2 * probeWaitMs);
agree('an answer survives a rest', 2 * restMaxMs < outboxWaitMs);
agree('an event in the outbox outlives one dead socket', relayIdleMs + relayPongMs < outboxWaitMs);
agree('a slow consumer may fall one event behind', relayMessageMax <= loopbackUnsentMax);
agree('one slow consumer does not use up what all have', loopbackUnsentMax < loopbackUnsentTotalMax);
agree('a REQ and an AUTH are messages', Math.max(loopbackRequestMax, loopbackAuthMax) <= relayMessageMax);

function agree(rule: string, holds: boolean): void {
  if (!holds) throw new Error(`host limits disagree: ${rule}`);
}
