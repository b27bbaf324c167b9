export type Shell = 'bash' | 'zsh' | 'fish'

/**
 * What a shell has to read once. It asks the program at each Tab, so that it stays right when the program is another one.
 */
export function completionScript(shell: Shell): string {
  return { bash, zsh, fish }[shell]
}

const bash = `# bash completion for tsbuild
_tsbuild() {
  local line=\${COMP_LINE:0:COMP_POINT} trimmed piece answer also current breaks= cut= value i
  local -a asked=()
  COMPREPLY=()
  # bash takes words apart at = and :, which tsbuild does not: what stands together is one word.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    trimmed=\${line#"\${line%%[![:space:]]*}"}
    piece=\${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && piece=$trimmed
    if ((i == 0)) || [[ $trimmed != "$line" ]]; then asked+=("$piece"); else asked[-1]+=$piece; fi
    line=\${trimmed#"$piece"}
  done
  current=\${asked[-1]}
  answer=$("\${asked[0]}" __complete "\${asked[@]:1}" 2>/dev/null) || return 0
  also=\${answer##*$'\\n'}
  # What stands before the last = or : of the word stays where it is.
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
  [[ -n $breaks ]] && cut=\${current%"\${current##*[$breaks]}"}
  while IFS=$'\\t' read -r value _; do
    [[ -n $value && $value != "$also" ]] && COMPREPLY+=("\${value#"$cut"}")
  done <<<"$answer"
  [[ $also == *' goes-on' || ( \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *= ) ]] && compopt -o nospace 2>/dev/null
  [[ $current == -*=* ]] && current=\${current#*=}
  case $also in
    :files*) compopt -o filenames 2>/dev/null; while read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$current") ;;
    :directories*) compopt -o filenames 2>/dev/null; while read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "$current") ;;
  esac
}
complete -F _tsbuild tsbuild
`

const zsh = `#compdef tsbuild
# zsh completion for tsbuild
_tsbuild() {
  local -a lines described
  local line value also
  lines=("\${(@f)$(\${(Q)words[1]} __complete "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  also=$lines[-1]
  for line in $lines[1,-2]; do
    value=\${\${line%%$'\\t'*}//:/\\\\:}
    [[ $line == *$'\\t'* ]] && described+=("$value:\${line#*$'\\t'}") || described+=("$value")
  done
  if (( $#described )); then
    if [[ $also == *' goes-on' ]]; then _describe -t values 'tsbuild' described -S ''
    else _describe -t values 'tsbuild' described; fi
  fi
  [[ $PREFIX == -*=* ]] && compset -P '*='
  case $also in
    :files*) _files ;;
    :directories*) _files -/ ;;
  esac
}
# Read by source, or found in fpath.
if [[ $funcstack[1] == _tsbuild ]]; then _tsbuild "$@"; else compdef _tsbuild tsbuild; fi
`

const fish = `# fish completion for tsbuild
function __tsbuild_complete
    set -l asked (commandline -opc)
    set -l current (commandline -ct)
    set -l answer ($asked[1] __complete $asked[2..-1] "$current" 2>/dev/null)
    or return
    set -l also $answer[-1]
    test (count $answer) -gt 1; and printf '%s\\n' $answer[1..-2]
    set -l before ''
    set -l path "$current"
    if string match -q -- '-*=*' "$current"
        set before (string replace -r -- '=.*' '=' "$current")
        set path (string replace -r -- '^[^=]*=' '' "$current")
    end
    switch "$also"
        case ':files*'
            for found in (__fish_complete_path "$path")
                printf '%s%s\\n' "$before" "$found"
            end
        case ':directories*'
            for found in (__fish_complete_directories "$path")
                printf '%s%s\\n' "$before" "$found"
            end
    end
end
complete -c tsbuild -f -a '(__tsbuild_complete)'
`
