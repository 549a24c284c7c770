/** Work in numbers that are the same on every computer, for what must stay cheap: a time would say how busy this one is. */

/** How many elements were put into sets and maps while this ran. A copy of one puts each of its elements anew. */
export function putsDuring(run: () => void): number {
  const { add } = Set.prototype;
  const { set } = Map.prototype;
  let puts = 0;
  // What a constructor is given, it adds by these as well (ECMAScript 24.1.1.1 and 24.2.2.1).
  Set.prototype.add = function (this: Set<unknown>, value) {
    puts++;
    return add.call(this, value);
  };
  Map.prototype.set = function (this: Map<unknown, unknown>, key, value) {
    puts++;
    return set.call(this, key, value);
  };
  try {
    run();
  } finally {
    Set.prototype.add = add;
    Map.prototype.set = set;
  }
  return puts;
}
