/**
 * The menu as a D-Bus object: com.canonical.dbusmenu. An item keeps its number as long as it stays what it is, and a number is not given
 * again, so that a click on a menu that a panel still shows never means another item.
 */
import { type DefinedInterface, defineInterface, Variant } from 'dbus-native';
import { z } from 'zod';
import type { MenuItem } from '../../core/tray/menu.ts';

export type DbusMenu = { readonly definition: DefinedInterface; readonly set: (items: readonly MenuItem[]) => void };

/** Number, properties, children: a variant each, as the interface has it. */
type Layout = readonly [number, Readonly<Record<string, Variant>>, readonly Variant<Layout>[]];

type Node = { readonly number: number; readonly item: MenuItem; readonly children: readonly Node[] };

/** Numbers are signed and of 32 bits. What was counted this far begins anew; no panel shows a menu that old. */
const numberMax = 0x7fff_ffff;

const asked = z.object({ parent: z.int(), depth: z.int() });
const oneOf = z.object({ id: z.int() });
const manyOf = z.object({ ids: z.array(z.int()).max(10_000) });
const event = z.object({ id: z.int(), kind: z.string() });
const events = z.object({ events: z.array(z.tuple([z.int(), z.string(), z.unknown(), z.unknown()])).max(1_000) });

/** `clicked` is told the id of an item. It can be set when it was exported. */
export function newDbusMenu(clicked: (id: string) => void): DbusMenu {
  let root: Node = { number: 0, item: {}, children: [] };
  let nodes = new Map([[0, root]]);
  let numbers = new Map<string, number>();
  let last = 0;
  let revision = 1;

  const click = (number: number, kind: string): boolean => {
    const node = nodes.get(number);
    if (kind === 'clicked' && node?.item.id !== undefined) clicked(node.item.id);
    return node !== undefined;
  };
  const definition = defineInterface({
    name: 'com.canonical.dbusmenu',
    properties: {
      Version: { type: 'u', access: 'read', value: 3 },
      TextDirection: { type: 's', access: 'read', value: 'ltr' },
      Status: { type: 's', access: 'read', value: 'normal' },
      IconThemePath: { type: 'as', access: 'read', value: [] },
    },
    methods: {
      GetLayout: {
        in: { parent: 'i', depth: 'i', names: 'as' },
        out: { revision: 'u', layout: '(ia{sv}av)' },
        handler: (args) => {
          const { parent, depth } = asked.parse(args);
          return { revision, layout: layoutOf(nodes.get(parent) ?? gone(parent), depth) };
        },
      },
      GetGroupProperties: {
        in: { ids: 'ai', names: 'as' },
        out: { properties: 'a(ia{sv})' },
        handler: (args) => {
          const wanted = manyOf.parse(args).ids.flatMap((id) => nodes.get(id) ?? []);
          return wanted.map((node) => [node.number, propertiesOf(node)]);
        },
      },
      GetProperty: {
        in: { id: 'i', name: 's' },
        out: { value: 'v' },
        handler: (args) => {
          const { id, name } = oneOf.extend({ name: z.string() }).parse(args);
          return propertiesOf(nodes.get(id) ?? gone(id))[name] ?? new Variant('s', '');
        },
      },
      Event: {
        in: { id: 'i', kind: 's', data: 'v', time: 'u' },
        handler: (args) => {
          const { id, kind } = event.parse(args);
          click(id, kind);
          return null;
        },
      },
      EventGroup: {
        in: { events: 'a(isvu)' },
        out: { missing: 'ai' },
        handler: (args) => events.parse(args).events.flatMap(([id, kind]) => (click(id, kind) ? [] : [id])),
      },
      AboutToShow: { in: { id: 'i' }, out: { isOld: 'b' }, handler: () => false },
      AboutToShowGroup: {
        in: { ids: 'ai' },
        out: { old: 'ai', missing: 'ai' },
        handler: (args) => ({ old: [], missing: manyOf.parse(args).ids.filter((id) => !nodes.has(id)) }),
      },
    },
    signals: {
      LayoutUpdated: { args: { revision: 'u', parent: 'i' } },
      ItemsPropertiesUpdated: { args: { updated: 'a(ia{sv})', removed: 'a(ias)' } },
      ItemActivationRequested: { args: { id: 'i', time: 'u' } },
    },
  });

  const set = (items: readonly MenuItem[]): void => {
    const kept = new Map<string, number>();
    const numberOf = (key: string): number => {
      const known = numbers.get(key);
      if (known === undefined) last = (last % numberMax) + 1;
      kept.set(key, known ?? last);
      return known ?? last;
    };
    root = { number: 0, item: {}, children: childrenOf(items, '', numberOf) };
    nodes = new Map([root, ...descendants(root)].map((node) => [node.number, node]));
    numbers = kept;
    revision++;
    definition.emit['LayoutUpdated']?.(revision, 0);
  };
  return { definition, set };
}

/** An item is the same as before when it says and does the same at the same place among those that do. */
function childrenOf(items: readonly MenuItem[], path: string, numberOf: (key: string) => number): readonly Node[] {
  const seen = new Map<string, number>();
  return items.map((item) => {
    const what = `${path}\n${item.id ?? ''}\t${item.label ?? ''}`;
    const times = (seen.get(what) ?? 0) + 1;
    seen.set(what, times);
    const key = `${what}\t${times}`;
    return { number: numberOf(key), item, children: childrenOf(item.items ?? [], key, numberOf) };
  });
}

function descendants({ children }: Node): readonly Node[] {
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** A negative depth is the whole of it. */
function layoutOf(node: Node, depth: number): Layout {
  const children = depth === 0 ? [] : node.children.map((child) => layoutOf(child, depth - 1));
  return [node.number, propertiesOf(node), children.map((child) => new Variant('(ia{sv}av)', child))];
}

function propertiesOf({ number, item: { id, label, items } }: Node): Readonly<Record<string, Variant>> {
  if (number === 0) return { 'children-display': new Variant('s', 'submenu') };
  if (label === undefined) return { type: new Variant('s', 'separator') };
  return {
    // A single underscore would be swallowed, and underline the letter after it.
    label: new Variant('s', label.replaceAll('_', '__')),
    enabled: new Variant('b', id !== undefined || items !== undefined),
    ...(items === undefined ? {} : { 'children-display': new Variant('s', 'submenu') }),
  };
}

function gone(id: number): never {
  throw new Error(`There is no item ${id}.`); // Becomes an error reply to whoever asked.
}
