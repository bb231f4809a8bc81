" What holds for every file of the Mon language.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal commentstring=//\ %s
" Enter goes on with a description, not with any other comment.
setlocal comments=:///,://
setlocal formatoptions-=t formatoptions+=croql
setlocal shiftwidth=2 softtabstop=2 expandtab
setlocal smartindent
setlocal suffixesadd=.mon

let b:undo_ftplugin = 'setlocal commentstring< comments< formatoptions< shiftwidth< softtabstop< expandtab< smartindent< suffixesadd<'
