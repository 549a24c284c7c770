/** What a human does with the keys of a board, who reads the rows: they choose lines, turn wheels, and read texts to their end. */
export type Key = 'approve' | 'deny' | 'next' | 'back';

export function fingers(press: (key: Key) => void, text: () => string) {
  const hands = {
    /** Marks this line of a list and chooses it. */
    choose: (line: string) => {
      for (let i = 0; i < 64 && !text().includes(`> ${line}`); i++) press('next');
      if (!text().includes(`> ${line}`)) throw new Error(`no line ${line} on\n${text()}`);
      press('approve');
    },
    /** Turns the wheel to this and takes it. */
    turn: (to: string) => {
      for (let i = 0; i < 64 && !text().includes(`[${to}]`); i++) press('next');
      if (!text().includes(`[${to}]`)) throw new Error(`no ${to} on the wheel of\n${text()}`);
      press('approve');
    },
    pin: (digits: string) => {
      for (const one of [...digits, 'done']) hands.turn(one);
    },
    word: (wanted: string) => {
      for (let at = 0; at <= wanted.length; at++) {
        for (let i = 0; i < 30 && !text().includes(`[${wanted}]`); i++) press('next');
        if (text().includes(`[${wanted}]`)) return press('approve');
        hands.turn(wanted.charAt(at));
      }
    },
    /** Every page of a text, from the one that is seen. */
    read: (): readonly string[] => {
      const pages = Number(/\/(\d+)\s*$/m.exec(text().split('\n')[0] ?? '')?.[1] ?? 1);
      return Array.from({ length: pages }, (_, i) => {
        if (i > 0) press('next');
        return text();
      });
    },
  };
  return hands;
}
