/** The command line of the host: where the device is, and what is said of a value that is not taken. */
import { expect, test } from 'vitest';
import { parseOptions } from '../../host/src/options.ts';

test.each([
  [[], null],
  [['--port', '/dev/ttyACM0'], { type: 'path', path: '/dev/ttyACM0' }],
  [['--port', 'unix:/run/device.sock'], { type: 'unix', path: '/run/device.sock' }],
  [['--usb', '303A:1001'], { type: 'usb', usb: { vendorId: '303A', productId: '1001' } }],
  [['--usb', '303a:1001:A:1'], { type: 'usb', usb: { vendorId: '303a', productId: '1001', serialNumber: 'A:1' } }],
])('%j is the device at %j', (args, device) => {
  expect(parseOptions(args)).toMatchObject({ type: 'run', options: { device } });
});

test.each([
  [['--port='], '--port needs a value.'],
  [['--state', ''], '--state needs a value.'],
  [['--sim-press='], '--sim-press needs a value.'],
  [['--relay', ''], '"" is no relay address'],
  [['--port', 'unix:'], '--port unix: needs the path of a socket.'],
  [['--usb', '303a'], '--usb does not take "303a"; it takes VVVV:PPPP or VVVV:PPPP:SERIAL'],
  [['--usb', '303a:1001', '--port', 'x'], '--port and --usb both say where the device is'],
  [['--usb', '303a:1001', '--sim-press', 'deny'], '--sim-press is for the simulated device'],
  [['--sim-press', 'approve', '--port', '/dev/ttyACM0'], '--sim-press is for the simulated device'],
  [['--relay', 'https://example.com'], 'is no relay address'],
  [Array.from({ length: 17 }, (_, i) => `--relay=ws://127.0.0.1:${i + 1}`), '--relay can be given 16 times at most'],
  [['--sim-press', 'control'], '--sim-press takes approve, deny or a script file.'],
  [['--board', 'vt100'], '--board does not take "vt100"; it takes lcd240 or oled128.'],
  [['--account', '16'], '--account does not take "16"; it takes 0 to 15.'],
  [['--account', 'me'], '--account does not take "me"'],
  [['--keep-days', '9999'], '--keep-days does not take "9999"; it takes 0 to 730.'],
  [['--keep-days', '-1'], '--keep-days'],
  [['--web', '70000'], '--web does not take "70000"'],
  [['--web-url', 'https://signer.example'], '--web-url and --web-logins need --web'],
  [['--web-logins'], 'need --web'],
  [['--web', '1', '--web-url', 'http://signer.example'], '--web-url does not take "http://signer.example"'],
  [['--web', '1', '--web-url', 'https://signer.example/path'], 'an address without a path'],
  [['--web', '1', '--web-url', 'https://me@signer.example'], 'an address without a path'],
  [['--pair'], '--pair is for a real port; the demo is paired.'],
  [['--replace-device'], '--replace-device is for a real port; the demo is paired.'],
  [['--pair', '--replace-device'], '--replace-device is for'],
  [['--fresh', '--port', 'x'], '--fresh is for the simulated device.'],
  [['--lines', 'up'], '--lines does not take "up"; it takes leave, both-low or both-high.'],
  [['--sim-link', 'rope'], '--sim-link does not take "rope"; it takes pty or pipe.'],
  [['--sim-crypto', 'rot13'], '--sim-crypto does not take "rot13"; it takes accelerated or portable.'],
])('%j is refused', (args, words) => {
  expect(parseOptions(args)).toMatchObject({ type: 'wrong', words: expect.stringContaining(words) });
});

test('keys of their own are for lines of a host that was started so', () => {
  expect(parseOptions([])).toMatchObject({ options: { keyPerApp: false } });
  expect(parseOptions(['--key-per-app'])).toMatchObject({ options: { keyPerApp: true } });
});

test('the dashboard is at another port at each start, unless one is named', () => {
  const portOf = (...argv: string[]) => {
    const parsed = parseOptions(argv);
    return parsed.type === 'run' ? parsed.options.dashboard : parsed.words;
  };
  expect(portOf()).toBe(0);
  expect(portOf('--dashboard', '5000')).toBe(5_000);
  expect(portOf('--dashboard', 'off')).toBeNull();
  expect(portOf('--dashboard', '70000')).toContain('a port, or off');
});
