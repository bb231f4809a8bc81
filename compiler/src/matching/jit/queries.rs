//! The programs of queries as native functions, a thousand and more to a module. A function reads the same tables as
//! the bytecode by address and calls back only for what is not worked out yet: a row of tokens, a distance, a field.
//!
//! ```text
//! fn(context) -> 0 | 1      context: seen by slot | memo by lazy test | ready by predicate | bitmaps | row | view
//! ```

use std::ffi::c_void;
use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{AbiParam, Block, BlockArg, FuncRef, InstBuilder, MemFlagsData, Signature, Type, Value};
use cranelift_frontend::{FunctionBuilder, Variable};
use cranelift_module::{FuncId, Module};

use super::code::{Assembler, Code};
use crate::matching::columns::Bitmap;
use crate::matching::error::MatchError;
use crate::matching::index::Index;
use crate::matching::matcher::View;
use crate::matching::program::{Kind, MATCH, MISS, Node, Tests};

/// Functions in one module: page-aligned modules of few functions cost more to make and to call.
const MODULE_FUNCTIONS: usize = 4096;

/// What a native function sees of the post at hand.
#[repr(C)]
struct Context {
    seen: *const u8,
    memo: *const u8,
    ready: *const u8,
    bits: *const u8,
    /// In the stretch.
    row: u64,
    /// A [`View`], for the helpers.
    view: *mut c_void,
}

type QueryFn = unsafe extern "C" fn(*const Context) -> u32;

/// Native functions of all queries of an index. They are freed with it.
#[derive(Debug)]
pub(crate) struct NativeQueries {
    /// By query; none where a candidate is a match.
    functions: Vec<Option<QueryFn>>,
    bytes: usize,
    code: Vec<Code>,
}

impl NativeQueries {
    pub(crate) fn compile(index: &Index) -> Result<Self, MatchError> {
        let mut functions = vec![None; index.queries.len()];
        let (mut code, mut bytes) = (Vec::new(), 0);
        let queries: Vec<u32> = index.layout.iter().copied().filter(|at| !index.program(*at).is_empty()).collect();
        for group in queries.chunks(MODULE_FUNCTIONS) {
            let mut emitter = Emitter::new()?;
            for query in group {
                emitter.define(index.program(*query))?;
            }
            bytes += emitter.assembler.bytes;
            let (module, addresses) = emitter.assembler.finish()?;
            for (query, address) in group.iter().zip(addresses) {
                if let Some(function) = functions.get_mut(*query as usize) {
                    *function = Some(typed(address));
                }
            }
            code.push(module);
        }
        Ok(Self { functions, bytes, code })
    }

    /// The intermediate text of one query's function; none where it has no program.
    pub(crate) fn clif(index: &Index, query: u32) -> Result<Option<String>, MatchError> {
        let program = index.program(query);
        if program.is_empty() {
            return Ok(None);
        }
        Emitter::new()?.text(program).map(Some)
    }

    pub(crate) fn describe(&self) -> String {
        let count = self.functions.iter().flatten().count();
        format!("{count} native functions in {} modules, {} bytes", self.code.len(), self.bytes)
    }

    /// Appends the candidates that are matches to `matched`.
    pub(crate) fn run(&self, candidates: &[u32], view: &mut View<'_>, matched: &mut Vec<u32>) {
        if candidates.is_empty() {
            return;
        }
        let context = Context {
            seen: view.post.seen.as_ptr(),
            memo: view.post.memo.as_ptr(),
            ready: view.columns.ready.as_ptr(),
            bits: view.columns.bits.as_ptr().cast(),
            row: view.row as u64,
            view: std::ptr::from_mut(view).cast(),
        };
        for query in candidates {
            let holds = match self.functions.get(*query as usize) {
                Some(Some(function)) => {
                    // SAFETY: the code lives as long as `self` and was made for the index that `view` belongs to, so
                    // all slots, lazy tests and predicates that it reads lie within the tables; these do not grow or
                    // move while a post is decided, and nothing else reads `view` meanwhile.
                    #[expect(unsafe_code, reason = "calls machine code")]
                    let answer = unsafe { function(&raw const context) };
                    answer != 0
                }
                _ => true,
            };
            if holds {
                matched.push(*query);
            }
        }
    }
}

fn typed(address: *const u8) -> QueryFn {
    // SAFETY: the address comes from `Assembler::finish` for a function defined with exactly this signature in the
    // platform's C calling convention.
    #[expect(unsafe_code, reason = "gives machine code its type")]
    unsafe {
        std::mem::transmute::<*const u8, QueryFn>(address)
    }
}

extern "C" fn ask_lazy(view: *mut c_void, id: u32) -> u32 {
    // SAFETY: only native functions call this, with the view of the context that `NativeQueries::run` gave them; it
    // is alive and not otherwise borrowed during the call.
    #[expect(unsafe_code, reason = "the view travels through machine code as an address")]
    let view = unsafe { &mut *view.cast::<View<'_>>() };
    u32::from(view.lazy(id))
}

extern "C" fn ask_field(view: *mut c_void, id: u32) -> u32 {
    // SAFETY: as in `ask_lazy`.
    #[expect(unsafe_code, reason = "as above")]
    let view = unsafe { &mut *view.cast::<View<'_>>() };
    u32::from(view.field(id))
}

/// Builds functions of programs into one module.
struct Emitter {
    assembler: Assembler,
    signature: Signature,
    lazy: FuncId,
    field: FuncId,
}

impl Emitter {
    fn new() -> Result<Self, MatchError> {
        let helpers = [("ask_lazy", ask_lazy as *const u8), ("ask_field", ask_field as *const u8)];
        let mut assembler = Assembler::new(&helpers)?;
        let mut signature = assembler.module.make_signature();
        signature.params.push(AbiParam::new(I64));
        signature.returns.push(AbiParam::new(I32));
        let mut ask = signature.clone();
        ask.params.push(AbiParam::new(I32));
        let lazy = assembler.import("ask_lazy", &ask)?;
        let field = assembler.import("ask_field", &ask)?;
        Ok(Self { assembler, signature, lazy, field })
    }

    fn define(&mut self, program: &[Node]) -> Result<(), MatchError> {
        let (lazy, field) = (self.lazy, self.field);
        self.assembler.define(&self.signature, |builder, module| {
            let lazy = module.declare_func_in_func(lazy, builder.func);
            let field = module.declare_func_in_func(field, builder.func);
            Body::new(builder, lazy, field, program.len()).emit(program);
            Ok(())
        })
    }

    fn text(&mut self, program: &[Node]) -> Result<String, MatchError> {
        let (lazy, field) = (self.lazy, self.field);
        self.assembler.text(&self.signature, |builder, module| {
            let lazy = module.declare_func_in_func(lazy, builder.func);
            let field = module.declare_func_in_func(field, builder.func);
            Body::new(builder, lazy, field, program.len()).emit(program);
            Ok(())
        })
    }
}

/// One function: a block for each node of the program, two for its answers.
struct Body<'a, 'f> {
    builder: &'a mut FunctionBuilder<'f>,
    lazy: FuncRef,
    field: FuncRef,
    context: Value,
    blocks: Vec<Block>,
    matched: Block,
    missed: Block,
    counters: Vec<Variable>,
}

fn offset(bytes: usize) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}

impl<'a, 'f> Body<'a, 'f> {
    fn new(builder: &'a mut FunctionBuilder<'f>, lazy: FuncRef, field: FuncRef, nodes: usize) -> Self {
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        let context = builder.block_params(entry).first().copied().unwrap_or(Value::from_u32(0));
        let blocks = (0..nodes).map(|_| builder.create_block()).collect();
        let (matched, missed) = (builder.create_block(), builder.create_block());
        Self { builder, lazy, field, context, blocks, matched, missed, counters: Vec::new() }
    }

    fn emit(mut self, program: &[Node]) {
        let deepest = program.iter().filter(|node| matches!(node.kind(), Kind::Reset | Kind::Count));
        let counters = deepest.map(|node| usize::from(node.mask()) + 1).max().unwrap_or(0);
        for _ in 0..counters {
            let counter = self.builder.declare_var(I32);
            let zero = self.builder.ins().iconst(I32, 0);
            self.builder.def_var(counter, zero);
            self.counters.push(counter);
        }
        let first = self.block(0);
        self.builder.ins().jump(first, &[]);
        for (at, node) in (0_u32..).zip(program) {
            let here = self.block(at);
            self.builder.switch_to_block(here);
            self.node(*node, at + 1);
        }
        for (block, answer) in [(self.matched, 1), (self.missed, 0)] {
            self.builder.switch_to_block(block);
            let answer = self.builder.ins().iconst(I32, answer);
            self.builder.ins().return_(&[answer]);
        }
    }

    /// The block of a jump's target; running off the end is a miss.
    fn block(&self, target: u32) -> Block {
        match target {
            MATCH => self.matched,
            MISS => self.missed,
            at => self.blocks.get(at as usize).copied().unwrap_or(self.missed),
        }
    }

    fn node(&mut self, node: Node, next: u32) {
        let (target, next) = (self.block(node.target()), self.block(next));
        let answer = match node.kind() {
            Kind::Seen => self.seen(node),
            Kind::Lazy => self.lazy(node.argument()),
            Kind::Field => self.field(node.argument()),
            Kind::Count => self.count(node),
            Kind::Reset => {
                let zero = self.builder.ins().iconst(I32, 0);
                if let Some(counter) = self.counters.get(usize::from(node.mask())) {
                    self.builder.def_var(*counter, zero);
                }
                self.builder.ins().jump(if node.sense() { target } else { next }, &[]);
                return;
            }
            Kind::Jump => {
                self.builder.ins().jump(if node.sense() { target } else { next }, &[]);
                return;
            }
        };
        let (holds, fails) = if node.sense() { (target, next) } else { (next, target) };
        self.builder.ins().brif(answer, holds, &[], fails, &[]);
    }

    /// A pointer of the context: the same for the whole call.
    fn table(&mut self, ty: Type, at: usize) -> Value {
        let flags = MemFlagsData::trusted().with_readonly();
        self.builder.ins().load(ty, flags, self.context, offset(at))
    }

    fn seen(&mut self, node: Node) -> Value {
        let table = self.table(I64, offset_of!(Context, seen));
        let flags = MemFlagsData::trusted().with_readonly();
        let zones = self.builder.ins().uload8(I32, flags, table, offset(node.argument() as usize));
        self.builder.ins().band_imm_u(zones, i64::from(node.mask()))
    }

    fn lazy(&mut self, id: u32) -> Value {
        let table = self.table(I64, offset_of!(Context, memo));
        // Not read-only: the helper writes what it finds out.
        let memo = self.builder.ins().uload8(I32, MemFlagsData::trusted(), table, offset(id as usize));
        let helper = self.lazy;
        self.known_or_asked(memo, id, helper, |body| {
            // 0 is unasked, 1 no, 2 yes.
            body.builder.ins().ushr_imm_u(memo, 1)
        })
    }

    fn field(&mut self, id: u32) -> Value {
        let table = self.table(I64, offset_of!(Context, ready));
        let ready = self.builder.ins().uload8(I32, MemFlagsData::trusted(), table, offset(id as usize / 2));
        let helper = self.field;
        self.known_or_asked(ready, id, helper, |body| body.bit_of_row(id))
    }

    /// The answer at hand if `known` is not 0, else the helper's.
    fn known_or_asked(
        &mut self,
        known: Value,
        id: u32,
        helper: FuncRef,
        at_hand: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let (have, ask, done) = (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let answer = self.builder.append_block_param(done, I32);
        self.builder.set_cold_block(ask);
        self.builder.ins().brif(known, have, &[], ask, &[]);
        self.builder.switch_to_block(have);
        let found = at_hand(self);
        self.builder.ins().jump(done, &[BlockArg::Value(found)]);
        self.builder.switch_to_block(ask);
        let view = self.table(I64, offset_of!(Context, view));
        let id = self.builder.ins().iconst(I32, i64::from(id));
        let call = self.builder.ins().call(helper, &[view, id]);
        let found = self.builder.inst_results(call).first().copied().unwrap_or(id);
        self.builder.ins().jump(done, &[BlockArg::Value(found)]);
        self.builder.switch_to_block(done);
        answer
    }

    /// The bit of the row in the bitmap of a field test.
    fn bit_of_row(&mut self, id: u32) -> Value {
        let bits = self.table(I64, offset_of!(Context, bits));
        let row = self.table(I64, offset_of!(Context, row));
        let word = self.builder.ins().ushr_imm_u(row, 6);
        let word = self.builder.ins().ishl_imm_u(word, 3);
        let place = self.builder.ins().iadd(bits, word);
        let start = i64::from(id).saturating_mul(i64::try_from(size_of::<Bitmap>()).unwrap_or(0));
        let place = self.builder.ins().iadd_imm_u(place, start);
        let word = self.builder.ins().load(I64, MemFlagsData::trusted(), place, 0);
        let bit = self.builder.ins().band_imm_u(row, 63);
        let shifted = self.builder.ins().ushr(word, bit);
        let bit = self.builder.ins().band_imm_u(shifted, 1);
        self.builder.ins().ireduce(I32, bit)
    }

    fn count(&mut self, node: Node) -> Value {
        let Some(counter) = self.counters.get(usize::from(node.mask())).copied() else {
            return self.builder.ins().iconst(I8, 1);
        };
        let count = self.builder.use_var(counter);
        let count = self.builder.ins().iadd_imm_u(count, 1);
        self.builder.def_var(counter, count);
        self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, count, i64::from(node.argument()))
    }
}
