" Loads the files of this folder and looks at what they make of an example: vim -es -u editors/vim/test.vim
let s:here = expand('<sfile>:p:h')
set nocompatible
execute 'set runtimepath^=' . s:here
filetype plugin on
syntax on
execute 'edit ' . fnamemodify(s:here, ':h:h') . '/examples/rules/acme_outage.mon'
let s:wrong = []
for [s:line, s:column, s:name] in [[4, 1, 'monDoc'], [5, 1, 'monItem'], [6, 4, 'monString'], [6, 74, 'monWildcard'], [9, 8, 'monOperator'], [16, 3, 'monClause'], [18, 20, 'monFunction'], [19, 29, 'monField'], [26, 5, 'monSeverity']]
  let s:found = synIDattr(synID(s:line, s:column, 1), 'name')
  if s:found !=# s:name
    call add(s:wrong, printf('line %d, column %d is %s, not %s', s:line, s:column, s:found, s:name))
  endif
endfor
if &filetype !=# 'mon' || &commentstring !=# '// %s'
  call add(s:wrong, 'the file type is ' . &filetype)
endif
" Silent mode prints nothing of itself unless it is to be verbose.
for s:told in empty(s:wrong) ? ['Vim: file type and colours hold'] : s:wrong
  verbose echo s:told . "\n"
endfor
execute empty(s:wrong) ? 'qall!' : 'cquit'
