# The face of the tray on Windows: a NotifyIcon that is told what to show by JSON lines on stdin, and says by JSON lines on stdout
# what was clicked. It decides nothing. It was written after the documentation of Windows Forms and has not been run.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Windows.Forms
Add-Type -AssemblyName System.Drawing
Add-Type -Namespace Sallyport -Name Icons -MemberDefinition @'
[System.Runtime.InteropServices.DllImport("user32.dll")] public static extern bool DestroyIcon(System.IntPtr handle);
'@
$utf8 = New-Object System.Text.UTF8Encoding $false
$script:in = New-Object System.IO.StreamReader ([Console]::OpenStandardInput()), $utf8
$script:out = New-Object System.IO.StreamWriter ([Console]::OpenStandardOutput()), $utf8
$script:out.AutoFlush = $true
$script:handle = [IntPtr]::Zero
$script:notice = $null

function Say($line) { $script:out.WriteLine((ConvertTo-Json $line -Compress)) }
function Has($value, $name) { $null -ne $value -and $null -ne $value.PSObject.Properties[$name] }

$icon = New-Object System.Windows.Forms.NotifyIcon
$icon.ContextMenuStrip = New-Object System.Windows.Forms.ContextMenuStrip
$icon.add_MouseClick({ if ($_.Button -eq [System.Windows.Forms.MouseButtons]::Left) { Say @{ click = 'dashboard' } } })
$icon.add_BalloonTipClicked({ Say @{ click = 'dashboard' } })
$icon.add_BalloonTipClosed({ if ($null -ne $script:notice) { $script:notice = $null; Say @{ noticeClosed = $true } } })

function Set-State($state) {
  $stream = New-Object System.IO.MemoryStream (, [Convert]::FromBase64String($state.icon))
  $bitmap = New-Object System.Drawing.Bitmap $stream
  $old = $script:handle
  $script:handle = $bitmap.GetHicon()
  $icon.Icon = [System.Drawing.Icon]::FromHandle($script:handle)
  if ($old -ne [IntPtr]::Zero) { [void][Sallyport.Icons]::DestroyIcon($old) }
  $bitmap.Dispose()
  $text = "Sallyport: $($state.words)"
  # Windows takes 63 characters.
  $icon.Text = $text.Substring(0, [Math]::Min(63, $text.Length))
  $icon.Visible = $true
}

function Add-Items($to, $items) {
  foreach ($item in $items) {
    if (-not (Has $item 'label')) { [void]$to.Add((New-Object System.Windows.Forms.ToolStripSeparator)); continue }
    # An ampersand would underline the letter after it.
    $row = New-Object System.Windows.Forms.ToolStripMenuItem ($item.label.Replace('&', '&&'))
    if (Has $item 'items') { Add-Items $row.DropDownItems $item.items }
    elseif (Has $item 'id') {
      $row.Tag = $item.id
      $row.add_Click({ param($from) Say @{ click = $from.Tag } })
    }
    else { $row.Enabled = $false }
    [void]$to.Add($row)
  }
}

function Set-Menu($items) {
  # A menu that is open is not pulled away under the mouse: the next change brings the items.
  if ($icon.ContextMenuStrip.Visible) { $script:held = $items; return }
  $script:held = $null
  $old = @($icon.ContextMenuStrip.Items)
  $icon.ContextMenuStrip.Items.Clear()
  foreach ($row in $old) { $row.Dispose() }
  Add-Items $icon.ContextMenuStrip.Items $items
}

function Show-Balloon($title, $body) { $icon.ShowBalloonTip(10000, $title, $body, [System.Windows.Forms.ToolTipIcon]::None) }

function Take($line) {
  $told = ConvertFrom-Json $line
  if (Has $told 'setState') { Set-State $told.setState }
  elseif (Has $told 'setMenu') { Set-Menu $told.setMenu }
  elseif (Has $told 'say') { Show-Balloon $told.say.title $told.say.body }
  elseif (Has $told 'setNotice') {
    $script:notice = $told.setNotice
    # A balloon cannot be taken away; it goes after its time.
    if ($null -ne $told.setNotice) { Show-Balloon $told.setNotice.title $told.setNotice.body }
  }
}

# The reading waits in another thread; this one, which draws, looks ten times a second whether a line came.
$script:held = $null
$script:reading = $script:in.ReadLineAsync()
$timer = New-Object System.Windows.Forms.Timer
$timer.Interval = 100
$timer.add_Tick({
  while ($script:reading.IsCompleted) {
    $line = $script:reading.Result
    if ($null -eq $line) { $timer.Stop(); [System.Windows.Forms.Application]::Exit(); return }
    $script:reading = $script:in.ReadLineAsync()
    Take $line
  }
  if ($null -ne $script:held) { Set-Menu $script:held }
})
$timer.Start()
[System.Windows.Forms.Application]::Run()
$icon.Visible = $false
$icon.Dispose()
