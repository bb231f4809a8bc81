-- Loads the set-up and looks at what it makes of an example. In a shell:
--
--   nvim --headless -u editors/neovim/test.lua
--
-- The server is a program that is not there, so that what is tested needs no built `mon`.

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
local told = {}

local function must(holds, what)
  if not holds then
    io.stderr:write(what .. '\n')
    vim.cmd('cquit')
  end
end

vim.notify = function(message)
  table.insert(told, message)
end
vim.opt.runtimepath:prepend(here)
vim.cmd('filetype plugin on | syntax on')
require('bellwether').setup({ cmd = { 'no-such-command-as-this' } })

vim.defer_fn(function()
  vim.cmd('edit ' .. vim.fn.fnamemodify(here, ':h:h') .. '/examples/rules/acme_outage.mon')
  must(vim.bo.filetype == 'mon', 'the file type is ' .. vim.bo.filetype)
  must(vim.bo.commentstring == '// %s', 'comments begin with ' .. vim.bo.commentstring)
  must(vim.b.current_syntax == 'mon', 'there is no syntax')
  local expected = {
    { 4, 1, 'monDoc' }, { 5, 1, 'monItem' }, { 6, 4, 'monString' }, { 6, 74, 'monWildcard' }, { 9, 8, 'monOperator' },
    { 10, 3, 'monOperator' }, { 16, 3, 'monClause' }, { 16, 16, 'monDuration' }, { 18, 20, 'monFunction' },
    { 19, 29, 'monField' }, { 26, 5, 'monSeverity' }, { 28, 14, 'monWord' }, { 49, 20, 'monTime' },
  }
  for _, row in ipairs(expected) do
    local found = vim.fn.synIDattr(vim.fn.synID(row[1], row[2], 1), 'name')
    must(found == row[3], ('line %d, column %d is %s, not %s'):format(row[1], row[2], found, row[3]))
  end
  must(#told == 1 and told[1]:find('bellwether'), 'nothing is said of the server that is missing')
  print('Neovim: file type, colours and messages hold\n')
  vim.cmd('qall!')
end, 50)
