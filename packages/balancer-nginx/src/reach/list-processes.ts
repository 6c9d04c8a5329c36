/**
 * Lists the processes of Nginx in a POSIX shell, one a line: number, parent's number, start, title. Where `/proc` has
 * them it needs no `ps`, which images often have not. A shell reads byte by byte, so that only those are read that grep
 * finds.
 */
export const listProcesses = `if [ -r /proc/self/stat ]; then
  found=$(grep -ls '^nginx: ' /proc/[0-9]*/cmdline 2>/dev/null)
  [ $? -lt 126 ] || found=$(echo /proc/[0-9]*/cmdline)
  for f in $found; do
    t=; IFS= read -r t < "$f"
    case $t in 'nginx: '*) ;; *) continue ;; esac
    d=\${f%/cmdline}
    s=; IFS= read -r s < "$d/stat" || continue
    s=\${s##*) }; set -- $s
    [ "$1" = Z ] || echo "\${d#/proc/} $2 @\${20} $t"
  done 2>/dev/null
else
  ps -axo pid=,ppid=,args=
fi
:`
