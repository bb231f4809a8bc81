-- Bellwether for Neovim: file type, colours, and `mon lsp` with lenses and hints. Works with the server from 0.8 on, and
-- with colours alone before.

local M = {}

local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h:h')
local editors = vim.fn.fnamemodify(here, ':h')
local MARKS = { 'mon.toml', '.git' }

local function say(message)
  vim.schedule(function()
    vim.notify('bellwether: ' .. message, vim.log.levels.WARN)
  end)
end

-- Colours by tree-sitter, where somebody has built the parser; else those of editors/vim.
local function colours()
  vim.opt.runtimepath:append(editors .. '/vim')
  vim.cmd('runtime! ftdetect/mon.vim')
  if #vim.api.nvim_get_runtime_file('parser/mon.so', false) == 0 or not vim.treesitter.query.set then
    return
  end
  for _, name in ipairs({ 'highlights', 'folds', 'indents', 'locals' }) do
    local file = io.open(editors .. '/tree-sitter-mon/queries/' .. name .. '.scm')
    if file then
      vim.treesitter.query.set('mon', name, file:read('*a'))
      file:close()
    end
  end
  vim.api.nvim_create_autocmd('FileType', {
    pattern = 'mon',
    group = M.group,
    callback = function(event)
      vim.treesitter.start(event.buf, 'mon')
      vim.wo.foldmethod = 'expr'
      vim.wo.foldexpr = vim.treesitter.foldexpr and 'v:lua.vim.treesitter.foldexpr()' or 'nvim_treesitter#foldexpr()'
      vim.wo.foldlevel = 99
    end,
  })
end

-- Lenses and hints are asked for anew whenever the text may have changed.
local function attached(event)
  local client = vim.lsp.get_client_by_id(event.data.client_id)
  if not client or client.name ~= 'mon' then
    return
  end
  local able = client.server_capabilities
  if able.codeLensProvider then
    local refresh = function()
      vim.lsp.codelens.refresh({ bufnr = event.buf })
    end
    refresh()
    vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave', 'BufWritePost' }, {
      buffer = event.buf,
      group = M.group,
      callback = refresh,
    })
  end
  if able.inlayHintProvider and vim.lsp.inlay_hint then
    vim.lsp.inlay_hint.enable(true, { bufnr = event.buf })
  end
end

-- What Neovim can do and does not say: it asks for lenses again when the server has new ones.
local function abilities()
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  return vim.tbl_deep_extend('force', capabilities, { workspace = { codeLens = { refreshSupport = true } } })
end

local handlers = {
  ['workspace/codeLens/refresh'] = function(_, _, context)
    for buffer in pairs(vim.lsp.get_client_by_id(context.client_id).attached_buffers) do
      vim.lsp.codelens.refresh({ bufnr = buffer })
    end
    return vim.NIL
  end,
}

local function server(options)
  local command = options.cmd or { 'mon', 'lsp' }
  if not vim.lsp.start then
    say('errors as you type need Neovim 0.8 or newer; there are colours alone')
    return
  end
  if vim.fn.executable(command[1]) == 0 then
    say('the command `' .. command[1] .. '` was not found: install Bellwether, or give its place as `setup({ cmd = { "…", "lsp" } })`')
    return
  end
  vim.api.nvim_create_autocmd('LspAttach', { group = M.group, callback = attached })
  if vim.lsp.config and vim.lsp.enable then
    vim.lsp.config('mon', {
      cmd = command,
      filetypes = { 'mon' },
      root_markers = MARKS,
      capabilities = abilities(),
      handlers = handlers,
    })
    vim.lsp.enable('mon')
    return
  end
  vim.api.nvim_create_autocmd('FileType', {
    pattern = 'mon',
    group = M.group,
    callback = function(event)
      local file = vim.api.nvim_buf_get_name(event.buf)
      local mark = vim.fs.find(MARKS, { upward = true, path = vim.fs.dirname(file) })[1]
      vim.lsp.start({
        name = 'mon',
        cmd = command,
        root_dir = vim.fs.dirname(mark or file),
        capabilities = abilities(),
        handlers = handlers,
      })
    end,
  })
end

--- Sets everything up. `options.cmd` is the command of the server, `{ 'mon', 'lsp' }` if it is not given.
function M.setup(options)
  M.group = vim.api.nvim_create_augroup('bellwether', { clear = true })
  colours()
  server(options or {})
end

return M
