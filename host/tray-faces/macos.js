// The face of the tray on macOS, for osascript -l JavaScript: a status item that is told what to show by JSON lines on stdin, and says
// by JSON lines on stdout what was clicked. It decides nothing. It was written after Apple's documentation and has not been run.
ObjC.import('Cocoa');

const app = $.NSApplication.sharedApplication;
app.setActivationPolicy($.NSApplicationActivationPolicyAccessory);
const item = $.NSStatusBar.systemStatusBar.statusItemWithLength($.NSVariableStatusItemLength);
const input = $.NSFileHandle.fileHandleWithStandardInput;
const output = $.NSFileHandle.fileHandleWithStandardOutput;
const me = Application.currentApplication();
me.includeStandardAdditions = true;
let rest = '';
let noticed = '';

function say(line) {
  const text = $.NSString.alloc.initWithUTF8String(`${JSON.stringify(line)}\n`);
  output.writeData(text.dataUsingEncoding($.NSUTF8StringEncoding));
}

ObjC.registerSubclass({
  name: 'SallyportTarget',
  methods: {
    'clicked:': {
      types: ['void', ['id']],
      implementation: (row) => say({ click: ObjC.unwrap(row.representedObject) }),
    },
    'heard:': {
      types: ['void', ['id']],
      implementation: () => {
        const data = input.availableData;
        if (data.length === 0) return app.terminate(null); // Whoever started this is gone.
        rest += ObjC.unwrap($.NSString.alloc.initWithDataEncoding(data, $.NSUTF8StringEncoding)) ?? '';
        const lines = rest.split('\n');
        rest = lines.pop();
        for (const line of lines) take(JSON.parse(line));
        input.waitForDataInBackgroundAndNotify;
      },
    },
  },
});
const target = $.SallyportTarget.alloc.init;

function take(told) {
  if ('setState' in told) setState(told.setState);
  else if ('setMenu' in told) item.menu = menuOf(told.setMenu);
  else if ('setNotice' in told) setNotice(told.setNotice);
  else if ('say' in told) notify(told.say);
}

// Colours are frowned on in the menu bar: the sign and the count tell the state.
function setState({ icon, words, waiting }) {
  const data = $.NSData.alloc.initWithBase64EncodedStringOptions(icon, 0);
  const image = $.NSImage.alloc.initWithData(data);
  image.setSize($.NSMakeSize(18, 18));
  item.button.image = image;
  item.button.imagePosition = $.NSImageLeft;
  item.button.title = waiting > 0 ? ` ${waiting}` : '';
  item.button.toolTip = `Sallyport: ${words}`;
}

function menuOf(items) {
  const menu = $.NSMenu.alloc.init;
  menu.autoenablesItems = false;
  for (const { id, label, items: below } of items) {
    if (label === undefined) {
      menu.addItem($.NSMenuItem.separatorItem);
      continue;
    }
    const row = $.NSMenuItem.alloc.initWithTitleActionKeyEquivalent(label, id === undefined ? null : 'clicked:', '');
    row.enabled = id !== undefined || below !== undefined;
    if (below !== undefined) row.submenu = menuOf(below);
    if (id !== undefined) {
      row.target = target;
      row.representedObject = id;
    }
    menu.addItem(row);
  }
  return menu;
}

// A notification of a script cannot be taken away, and has no buttons: only one that says something new is shown.
function setNotice(notice) {
  const text = notice === null ? '' : JSON.stringify(notice);
  if (text !== '' && text !== noticed) notify(notice);
  noticed = text;
}

function notify({ title, body }) {
  me.displayNotification(body, { withTitle: title });
}

const heard = $.NSFileHandleDataAvailableNotification;
$.NSNotificationCenter.defaultCenter.addObserverSelectorNameObject(target, 'heard:', heard, input);
input.waitForDataInBackgroundAndNotify;
app.run;
