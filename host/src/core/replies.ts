/** Answers and notes as effects: the few shapes in which the bridge speaks. */
import type { AnswerEffect, NoteEffect, NoteOutcome, Origin } from './bridge-state.ts';
import { answerCreatedAt } from './envelope.ts';

/** An answer to whoever asked. */
export function answer(origin: Origin, text: string, now: number): AnswerEffect {
  const { client, relays, encryption, createdAt } = origin;
  return { type: 'answer', client, relays, encryption, createdAt: answerCreatedAt(now, createdAt), text };
}

/** A line for the log. */
export function note(client: string, method: string, kind: number | null, outcome: NoteOutcome): NoteEffect {
  return { type: 'note', client: client.slice(0, 8), method, kind, outcome };
}
