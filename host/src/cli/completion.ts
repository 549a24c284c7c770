/** Completion of the commands' names, as a script for a shell. */

type Named = { readonly name: string; readonly words: string };

/** Null for a shell that we do not know. */
export function completionScript(shell: string, commands: readonly Named[]): string | null {
  const names = commands.map(({ name }) => name).join(' ');
  switch (shell) {
    case 'bash':
      return `_sallyport() { [ "$COMP_CWORD" = 1 ] && COMPREPLY=($(compgen -W "${names}" -- "\${COMP_WORDS[1]}")); }\ncomplete -o default -F _sallyport sallyport\n`;
    case 'zsh': {
      const described = commands.map(({ name, words }) => `  '${name}:${words.replace(/[':]/g, '')}'`).join('\n');
      return `#compdef sallyport\n_sallyport() {\n  local -a names=(\n${described}\n  )\n  (( CURRENT == 2 )) && _describe command names || _files\n}\ncompdef _sallyport sallyport\n`;
    }
    case 'fish':
      return commands
        .map(
          ({ name, words }) =>
            `complete -c sallyport -n __fish_use_subcommand -a ${name} -d '${words.replace(/'/g, '')}'\n`,
        )
        .join('');
    default:
      return null;
  }
}
