/** The services of three systems: the runtime that runs now, hardened, and nothing of an argument becomes anything else. */
import { expect, test } from 'vitest';
import { autostartFor } from '../../../host/src/cli/autostart.ts';
import { completionScript } from '../../../host/src/cli/completion.ts';
import { runtimeIn, serviceFor, udevRule } from '../../../host/src/cli/service.ts';

const wanted = {
  node: '/usr/bin/node',
  program: ['--conditions=a', '/opt/my apps/sallyport.js'],
  args: ['run', '--relay', 'wss://r.example/?a=%20&b=$HOME"'],
  home: '/home/me',
  state: '/home/me/.local/share/sallyport',
};

test('systemd: quoted, hardened, and it may write to its state alone', () => {
  const { path, text, start } = serviceFor('linux', wanted);
  expect(path).toBe('/home/me/.config/systemd/user/sallyport.service');
  expect(text).toContain(
    'ExecStart=/usr/bin/node --conditions=a "/opt/my apps/sallyport.js" run --relay "wss://r.example/?a=%%20&b=$$HOME\\""\n',
  );
  for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'ProtectHome=read-only', 'UMask=0077'])
    expect(text).toContain(`${line}\n`);
  expect(text).toContain('ReadWritePaths=/home/me/.local/share/sallyport\n');
  expect(start.at(-1)).toBe('systemctl --user enable --now sallyport');
});

test('launchd and Windows: XML in which an argument stays one', () => {
  const { text } = serviceFor('darwin', wanted);
  expect(text).toContain('<string>wss://r.example/?a=%20&#38;b=$HOME&#34;</string>');
  expect(serviceFor('win32', wanted).text).toContain('<RunLevel>LeastPrivilege</RunLevel>');
});

test.each(['linux', 'darwin', 'win32'] as const)('the runtime of a service is found in it again: %s', (platform) => {
  for (const node of ['/usr/bin/node', '/my programs/100 % & $more/node'])
    expect(runtimeIn(serviceFor(platform, { ...wanted, node }).text)).toBe(node);
  expect(runtimeIn('[Unit]')).toBeNull();
});

test('the icon at login: an entry of the desktop whose words stay what they are, an agent, a task', () => {
  const tray = { ...wanted, args: ['tray', '--state', '/a b/100%/$HOME`"'] };
  const { path, text } = autostartFor('linux', tray, '/home/me/.config');
  expect(path).toBe('/home/me/.config/autostart/sallyport-tray.desktop');
  // Twice: as a word of a command line, and as a value of the file.
  expect(text).toContain(
    'Exec=/usr/bin/node --conditions=a "/opt/my apps/sallyport.js" tray --state "/a b/100%%/\\\\$HOME\\\\`\\\\""\n',
  );
  const agent = autostartFor('darwin', tray, '');
  expect(agent.path).toMatch(/sallyport-tray\.plist$/);
  expect(agent.text).toContain('<string>sallyport-tray</string>');
  const task = autostartFor('win32', tray, '');
  expect(task.start[0]).toContain('/tn "Sallyport tray"');
  expect(task.path).not.toBe(serviceFor('win32', tray).path);
});

test('the udev rule gives the port to whoever sits there, and keeps ModemManager away', () => {
  expect(udevRule('303a', '1001')).toContain(
    'SUBSYSTEM=="tty", ATTRS{idVendor}=="303a", ATTRS{idProduct}=="1001", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1"',
  );
});

test.each(['bash', 'zsh', 'fish'])('completion for %s names every command', (shell) => {
  const text = completionScript(shell, [{ name: 'status', words: "how everything's" }]);
  expect(text).toContain('status');
  expect(completionScript('vms', [])).toBeNull();
});
