/**
 * As much of macOS as the script of its face touches, made of plain objects: it shows that the script says and does what it means to.
 * Whether macOS does what is meant here only macOS can show.
 */
import { readFileSync } from 'node:fs';
import { createContext, Script } from 'node:vm';

type Selector = (argument: unknown) => void;
/** A row of a menu; what is not set is as it was made. */
export type MacRow = {
  readonly title: string;
  readonly action: string | null;
  readonly enabled?: boolean;
  readonly submenu?: MacMenu;
  readonly representedObject?: string;
};
export type MacMenu = { readonly rows: MacRow[] };

/** Runs the script; `hear` is what comes on its stdin, in pieces as a pipe cuts them. */
export function runMacFace(path: string) {
  const said: unknown[] = [];
  const notifications: (readonly [string, string])[] = [];
  const methods = new Map<string, Selector>();
  const item = { button: { title: '', toolTip: '', image: null }, menu: { rows: [] } as MacMenu };
  const ended = { yes: false };
  let piece = '';
  const text = (value: string) => ({ dataUsingEncoding: () => value, value });
  const input = { availableData: { length: 0 }, waitForDataInBackgroundAndNotify: null };
  const bridge = {
    NSApplication: {
      sharedApplication: {
        setActivationPolicy: () => undefined,
        run: null,
        terminate: () => {
          ended.yes = true;
        },
      },
    },
    NSStatusBar: { systemStatusBar: { statusItemWithLength: () => item } },
    NSFileHandle: {
      fileHandleWithStandardInput: input,
      fileHandleWithStandardOutput: { writeData: (line: string) => said.push(JSON.parse(line)) },
    },
    NSString: { alloc: { initWithUTF8String: text, initWithDataEncoding: () => text(piece) } },
    NSData: { alloc: { initWithBase64EncodedStringOptions: (icon: string) => icon } },
    NSImage: { alloc: { initWithData: (data: string) => ({ data, setSize: () => undefined }) } },
    NSMenu: {
      alloc: {
        get init() {
          const rows: MacRow[] = [];
          return { rows, addItem: (row: MacRow) => rows.push(row) };
        },
      },
    },
    NSMenuItem: {
      separatorItem: { title: '-', action: null },
      alloc: { initWithTitleActionKeyEquivalent: (title: string, action: string | null) => ({ title, action }) },
    },
    NSNotificationCenter: { defaultCenter: { addObserverSelectorNameObject: () => undefined } },
    NSMakeSize: () => null,
    SallyportTarget: { alloc: { init: {} } },
  };
  const world = {
    $: bridge,
    ObjC: {
      import: () => undefined,
      unwrap: (value: string | { readonly value: string }) => (typeof value === 'string' ? value : value.value),
      registerSubclass: ({ methods: given }: { methods: Record<string, { implementation: Selector }> }) => {
        for (const [name, { implementation }] of Object.entries(given)) methods.set(name, implementation);
      },
    },
    Application: {
      currentApplication: () => ({
        displayNotification: (body: string, { withTitle }: { withTitle: string }) =>
          notifications.push([withTitle, body]),
      }),
    },
  };
  new Script(readFileSync(path, 'utf8')).runInContext(createContext(world));
  return {
    said,
    notifications,
    item,
    ended,
    hear: (bytes: string) => {
      piece = bytes;
      input.availableData = { length: bytes.length };
      methods.get('heard:')?.(null);
    },
    click: (row: MacRow | undefined) => {
      if (row?.action !== null && row?.action !== undefined) methods.get(row.action)?.(row);
    },
  };
}
