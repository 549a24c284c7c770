/**
 * The host as a service of its user: a hardened systemd unit, a launchd agent, or a Windows task. It runs with the runtime that runs
 * now. Everything is a file that is written and commands that are printed: nothing is started behind anybody's back.
 */
import { join } from 'node:path';

/** What is to run: the runtime, the program (what the runtime was told before it, too), and the arguments that the user gave. */
export type Wanted = {
  readonly node: string;
  readonly program: readonly string[];
  readonly args: readonly string[];
  readonly home: string;
  /** Where the state is; the only place that it may write to. */
  readonly state: string;
};

/** The file, and what the user runs afterwards. */
export type Service = {
  readonly path: string;
  readonly text: string;
  readonly start: readonly string[];
  readonly stop: readonly string[];
};

/** The service of a platform. */
export function serviceFor(platform: NodeJS.Platform, wanted: Wanted): Service {
  if (platform === 'darwin') return agent(wanted, 'sallyport');
  return platform === 'win32' ? task(wanted, 'Sallyport', 'sallyport-task.xml') : systemd(wanted);
}

/** The runtime that the text of a service starts, whichever of the three it is; null when it names none. */
export function runtimeIn(text: string): string | null {
  const [, quoted, word, element] =
    /Exec(?:Start)?=(?:"([^"]+)"|(\S+))|(?:<array>\s*<string>|<Command>)([^<]+)</.exec(text) ?? [];
  const unit = (quoted ?? word)?.replaceAll('%%', '%').replaceAll('$$', '$');
  return unit ?? element?.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))) ?? null;
}

function systemd({ node, program, args, home, state }: Wanted): Service {
  const text = `[Unit]
Description=Sallyport, a remote signer for Nostr
StartLimitIntervalSec=0

[Service]
ExecStart=${[node, ...program, ...args].map(unitQuoted).join(' ')}
Restart=on-failure
RestartSec=5
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths=${unitQuoted(state)}
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
LockPersonality=yes
RestrictRealtime=yes
SystemCallArchitectures=native
MemoryMax=512M

[Install]
WantedBy=default.target
`;
  return {
    path: join(home, '.config', 'systemd', 'user', 'sallyport.service'),
    text,
    start: ['systemctl --user daemon-reload', 'systemctl --user enable --now sallyport'],
    stop: ['systemctl --user disable --now sallyport'],
  };
}

/** A word of a unit: quoted, with its percent signs and dollars doubled, as systemd.service(5) has it. */
function unitQuoted(word: string): string {
  const escaped = word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@/.:=+-]+$/.test(word) ? word : `"${escaped}"`;
}

/** A launchd agent of this label. */
export function agent({ node, program, args, home, state }: Wanted, label: string): Service {
  const words = [node, ...program, ...args].map((word) => `    <string>${xml(word)}</string>`).join('\n');
  const path = join(home, 'Library', 'LaunchAgents', `${label}.plist`);
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>${label}</string>
  <key>ProgramArguments</key>
  <array>
${words}
  </array>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>Umask</key><integer>63</integer>
  <key>StandardErrorPath</key><string>${xml(join(state, label === 'sallyport' ? 'service.log' : `${label}.log`))}</string>
</dict>
</plist>
`;
  return {
    path,
    text,
    start: [`launchctl bootstrap gui/$(id -u) '${path}'`],
    stop: [`launchctl bootout gui/$(id -u)/${label}`],
  };
}

/** A task of Windows, of this name, written to this file. */
export function task({ node, program, args, state }: Wanted, name: string, file: string): Service {
  const path = join(state, file);
  const words = [...program, ...args].map((word) => `"${word}"`).join(' ');
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>
  <Principals><Principal id="Author"><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>255</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author"><Exec><Command>${xml(node)}</Command><Arguments>${xml(words)}</Arguments></Exec></Actions>
</Task>
`;
  return {
    path,
    text,
    start: [`schtasks /create /tn "${name}" /xml "${path}"`, `schtasks /run /tn "${name}"`],
    stop: [`schtasks /end /tn "${name}"`, `schtasks /delete /tn "${name}" /f`],
  };
}

function xml(text: string): string {
  return text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/**
 * The rule that lets whoever sits at the computer open the port, and keeps ModemManager from talking to it. A board has the USB
 * identity of its maker.
 */
export function udevRule(vendor: string, product: string): string {
  const ids = `ATTRS{idVendor}=="${vendor}", ATTRS{idProduct}=="${product}"`;
  return `# /etc/udev/rules.d/70-sallyport.rules
SUBSYSTEM=="tty", ${ids}, TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1", ENV{ID_MM_PORT_IGNORE}="1"
`;
}
