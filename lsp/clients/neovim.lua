-- Drives `mon lsp` through Neovim's own functions and writes down what an analyst would see. Started by neovim.py:
--
--   nvim --headless -u NONE -c 'luafile lsp/clients/neovim.lua'
--
-- MON is the command, RULES a copy of the example rules, EDITORS the folder of the set-up, TRANSCRIPT the file that is written.
-- From 0.8 on the set-up in editors/neovim starts the server; before that it gives colours alone, and the client is started here.

local mon, rules, editors = vim.env.MON, vim.env.RULES, vim.env.EDITORS
local lines, messages = {}, {}
local WAIT = 20000

local function say(text, ...)
  local said = select('#', ...) > 0 and text:format(...) or text
  for _, line in ipairs(vim.split(said, '\n')) do
    table.insert(lines, (line:gsub(vim.pesc(rules), 'ROOT')))
  end
end

local function finish(code)
  local file = assert(io.open(vim.env.TRANSCRIPT, 'w'))
  file:write(table.concat(lines, '\n') .. '\n')
  file:close()
  vim.cmd(code == 0 and 'qall!' or 'cquit')
end

local function await(what, holds)
  if not vim.wait(WAIT, holds, 20) then
    error('waited in vain for ' .. what)
  end
end

local function edit(name)
  vim.cmd('edit ' .. rules .. '/' .. name)
  return vim.api.nvim_get_current_buf()
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
end

-- Puts the cursor at the mark of a stretch of one line, and says so.
local function at(marked)
  local before, behind = unpack(vim.split(marked, '‸', { plain = true }))
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local start = line:find(before .. behind, 1, true)
    if start then
      vim.api.nvim_win_set_cursor(0, { number, start - 1 + #before })
      say('  at %d: %s‸%s', number, line:sub(1, start - 1 + #before), line:sub(start + #before))
      return
    end
  end
  error('not found: ' .. marked)
end

local function replace(old, new)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local start, stop = line:find(old, 1, true)
    if start then
      local put = vim.split(new, '\n')
      return vim.api.nvim_buf_set_text(0, number - 1, start - 1, number - 1, stop, put)
    end
  end
  error('not found: ' .. old)
end

-- The window that floats, as hover and signature help open it.
local function float()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then
      return window
    end
  end
end

local function floating(what, open)
  open()
  await(what, float)
  local buffer = vim.api.nvim_win_get_buf(float())
  say('    ' .. table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n    '))
  vim.api.nvim_win_close(float(), true)
end

local function file_of(entry)
  return vim.fn.fnamemodify(entry.filename or vim.api.nvim_buf_get_name(entry.bufnr), ':t')
end

-- What a function writes into the quickfix list.
local function listed(what, open, limit)
  vim.fn.setqflist({}, 'r')
  vim.fn.setloclist(0, {}, 'r')
  local found = {}
  open()
  await(what, function()
    found = vim.fn.getqflist()
    found = #found > 0 and found or vim.fn.getloclist(0)
    return #found > 0
  end)
  for number, entry in ipairs(found) do
    if number <= (limit or 100) then
      say('    %s:%d:%d %s', file_of(entry), entry.lnum, entry.col, vim.trim(entry.text))
    end
  end
  vim.cmd('cclose | lclose')
end

-- The findings, once there are none, or one that says this.
local function diagnostics(wanted)
  await(wanted and 'a finding that says ' .. wanted or 'no findings', function()
    local found = vim.diagnostic.get(0)
    return #found == (wanted and 1 or 0) and (not wanted or found[1].message:find(wanted, 1, true))
  end)
  for _, found in ipairs(vim.diagnostic.get(0)) do
    local line = vim.api.nvim_buf_get_lines(0, found.lnum, found.lnum + 1, false)[1]
    say('    %d:%d ‹%s› %s', found.lnum + 1, found.col + 1, line:sub(found.col + 1, found.end_col), found.message)
  end
end

local function lenses()
  -- The set-up asks again when the server says that there are new ones.
  if vim.fn.has('nvim-0.8') == 0 then
    vim.lsp.codelens.refresh()
  end
  local titles = {}
  for _, lens in ipairs(vim.lsp.codelens.get(0)) do
    table.insert(titles, ('    above %d: %s'):format(lens.range.start.line + 1, lens.command.title))
  end
  table.sort(titles)
  return titles
end

local function attach()
  vim.notify = function(message)
    table.insert(messages, message)
  end
  vim.lsp.handlers['window/showMessage'] = function(_, result)
    table.insert(messages, result.message)
  end
  if vim.fn.has('nvim-0.8') == 1 then
    vim.cmd('filetype plugin on | syntax on')
    vim.opt.runtimepath:prepend(editors .. '/neovim')
    require('bellwether').setup({ cmd = { mon, 'lsp' } })
  else
    local client
    vim.api.nvim_create_autocmd('BufReadPost', {
      pattern = '*.mon',
      callback = function()
        vim.bo.filetype = 'mon'
        client = client or vim.lsp.start_client({ name = 'mon', cmd = { mon, 'lsp' }, root_dir = rules })
        vim.lsp.buf_attach_client(0, client)
      end,
    })
  end
  edit('acme_outage.mon')
  await('the server', function()
    local clients = vim.lsp.get_clients and vim.lsp.get_clients({ bufnr = 0 }) or vim.lsp.buf_get_clients(0)
    local _, client = next(clients)
    return client and client.server_capabilities.hoverProvider
  end)
  say('attached: the server is asked for %s files', vim.bo.filetype)
end

local function reading()
  say('lenses')
  await('lenses', function()
    return #lenses() > 0
  end)
  say(table.concat(lenses(), '\n'))
  say('hover')
  for _, marked in ipairs({ 'ac‸me near/8', 'volume >= 3‸0', "\"won't tu‸rn on\"," }) do
    at(marked)
    floating('hover', vim.lsp.buf.hover)
  end
  say('signature help')
  at('distinct(‸author.uid')
  floating('signature help', vim.lsp.buf.signature_help)
  say('definition')
  at('not give‸away')
  vim.lsp.buf.definition()
  await('the jump', function()
    return vim.api.nvim_buf_get_name(0):match('brand.mon$')
  end)
  local place = vim.api.nvim_win_get_cursor(0)
  say('    brand.mon:%d:%d %s', place[1], place[2] + 1, vim.api.nvim_get_current_line())
  say('references')
  listed('references', vim.lsp.buf.references)
  edit('acme_outage.mon')
  say('document symbols')
  listed('symbols', vim.lsp.buf.document_symbol)
  say('workspace symbols of `crisis`')
  listed('symbols', function()
    vim.lsp.buf.workspace_symbol('crisis')
  end)
  say('calls')
  at('query acme_fail‸ure')
  listed('calls', vim.lsp.buf.incoming_calls)
  at('query acme_fail‸ure')
  listed('calls', vim.lsp.buf.outgoing_calls)
end

-- What the server offers for the letters before the cursor; the editor leaves out the rest.
local function completion()
  say('completion')
  replace('status live', 'status li')
  at('status li‸')
  local params = vim.lsp.util.make_position_params(0, 'utf-16')
  params.position.character = #'  status li'
  for _, answer in pairs(vim.lsp.buf_request_sync(0, 'textDocument/completion', params, WAIT)) do
    for _, item in ipairs(answer.result) do
      if vim.startswith(item.filterText, 'li') then
        say('    %s (%s)', item.label, item.detail)
      end
    end
  end
  replace('status li', 'status live')
end

local function choose(title)
  local seen
  vim.ui.select = function(items, options, on_choice)
    seen = {}
    for _, item in ipairs(items) do
      local shown = options.format_item and options.format_item(item) or tostring(item)
      table.insert(seen, shown)
      say('    offered: %s', shown)
    end
    for number, item in ipairs(items) do
      if seen[number]:find(title, 1, true) then
        return on_choice(item, number)
      end
    end
    error('not offered: ' .. title)
  end
end

local function writing()
  say('findings while typing, behind an emoji')
  replace('and not giveaway', 'and not "😀😀" and not giveawey')
  diagnostics('`giveawey` is not known')
  say('code action')
  at('not giveaw‸ey')
  choose('write `giveaway`')
  vim.lsp.buf.code_action()
  await('the mend', function()
    return text():find('and not giveaway\n', 1, true)
  end)
  diagnostics()
  replace('and not "😀😀" and not giveaway', 'and not giveaway')
  say('an example that turns red')
  replace('example no  "my phone', 'example yes "my phone')
  diagnostics('does not take this post')
  replace('example yes "my phone', 'example no  "my phone')
  diagnostics()
  say('formatting')
  local before = text()
  replace('  measure volume = count()', '      measure   volume=count( )')
  if vim.lsp.buf.format then
    vim.lsp.buf.format({ timeout_ms = WAIT })
  else
    vim.lsp.buf.formatting_sync(nil, WAIT)
  end
  say('    the text is %s', text() == before and 'as it was' or 'another one:\n' .. text())
  say('lenses after an edit')
  replace('"crash*", ', '')
  await('a change of lenses', function()
    return table.concat(lenses(), '\n'):find('against the saved version', 1, true)
  end)
  say(table.concat(lenses(), '\n'))
  say('a lens that is clicked')
  at('monitor acme‸_outage')
  choose('against the saved version')
  messages = {}
  vim.lsp.codelens.run()
  await('what it says', function()
    return #messages > 0
  end)
  say('    ' .. table.concat(messages, '\n'):gsub('\n', '\n    '))
  vim.cmd('edit!')
end

local function newer()
  if vim.lsp.inlay_hint then
    say('inlay hints')
    local hints = {}
    await('the weights of the text as it is saved', function()
      hints = vim.lsp.inlay_hint.get({ bufnr = 0 })
      return #hints == 10
    end)
    for _, hint in ipairs(hints) do
      local place = hint.inlay_hint.position
      say('    %d:%d «%s»', place.line + 1, place.character + 1, hint.inlay_hint.label)
    end
  end
  if vim.lsp.semantic_tokens then
    say('semantic tokens')
    for _, marked in ipairs({ 'near/8 fail‸ure', 'avg(sen‸timent)', 'monitor acme_‸outage' }) do
      at(marked)
      local place, found = vim.api.nvim_win_get_cursor(0), {}
      await('colours', function()
        found = vim.lsp.semantic_tokens.get_at_pos(0, place[1] - 1, place[2]) or {}
        return #found > 0
      end)
      say('    %s %s', found[1].type, table.concat(vim.tbl_keys(found[1].modifiers), ' '))
    end
  end
  if vim.lsp.foldexpr then
    say('folds')
    vim.wo.foldmethod, vim.wo.foldexpr = 'expr', 'v:lua.vim.lsp.foldexpr()'
    await('folds', function()
      vim.cmd('normal! zx')
      return vim.fn.foldlevel(26) == 2
    end)
    say('    the levels of lines 4, 5, 6, 7, 15, 26: %s', table.concat(vim.tbl_map(vim.fn.foldlevel, { 4, 5, 6, 7, 15, 26 }), ' '))
  end
end

local function rename()
  say('rename')
  at('not give‸away')
  vim.lsp.buf.rename('promotion')
  await('the new name in every file', function()
    local changed = 0
    for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
      local all = vim.api.nvim_buf_is_loaded(buffer) and vim.api.nvim_buf_get_lines(buffer, 0, -1, false) or {}
      changed = changed + (table.concat(all, '\n'):find('promotion', 1, true) and 1 or 0)
    end
    return changed == 3
  end)
  vim.cmd('silent wall')
  say('    ' .. vim.trim(vim.fn.system({ mon, 'check', '--no-color', rules })))
end

local function stop()
  local running = vim.lsp.get_clients or vim.lsp.get_active_clients
  for _, client in ipairs(running()) do
    vim.lsp.stop_client(client.id)
  end
  await('the end of the server', function()
    return #running() == 0
  end)
  say('the server has ended')
end

local function main()
  attach()
  reading()
  completion()
  writing()
  newer()
  rename()
  stop()
end

local good, broken = xpcall(main, debug.traceback)
if not good then
  say('BROKEN: ' .. broken)
end
finish(good and 0 or 1)
