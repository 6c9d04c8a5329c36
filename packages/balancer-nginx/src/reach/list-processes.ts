/**
 * Lists the processes of Nginx in a POSIX shell, one a line: number, parent's number, start, title. It starts no program
 * where `/proc` has them: images often have no `ps`.
 */
export const listProcesses = `if [ -r /proc/self/stat ]; then
  for d in /proc/[0-9]*; do
    t=; IFS= read -r t < "$d/cmdline"
    case $t in 'nginx: '*) ;; *) continue ;; esac
    s=; IFS= read -r s < "$d/stat" || continue
    s=\${s##*) }; set -- $s
    [ "$1" = Z ] || echo "\${d#/proc/} $2 @\${20} $t"
  done 2>/dev/null
else
  ps -axo pid=,ppid=,args=
fi
:`
