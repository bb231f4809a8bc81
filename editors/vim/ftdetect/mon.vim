" Files of the Mon language.
autocmd BufRead,BufNewFile *.mon setfiletype mon
