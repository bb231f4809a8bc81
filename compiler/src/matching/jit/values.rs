//! Conditions over measures as native functions. An unknown number is carried as NaN, which arithmetic keeps and
//! comparison sees; a truth is carried as two bits, "is true" and "is false", so that Kleene's logic is plain Boolean.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, I8, I64};
use cranelift_codegen::ir::{AbiParam, InstBuilder, MemFlagsData, Signature, Value};
use cranelift_frontend::FunctionBuilder;
use cranelift_module::Module;

use super::code::{Assembler, Code};
use crate::matching::condition::measures;
use crate::matching::error::MatchError;
use crate::matching::truth::Truth;
use crate::plan::{Arithmetic, CompareOp, ValueExpr};

type TruthFn = unsafe extern "C" fn(*const f64, *const u64) -> u8;
type NumberFn = unsafe extern "C" fn(*const f64, *const u64) -> f64;

/// Native functions of expressions, two for each: its truth and its number.
#[derive(Debug)]
pub(crate) struct NativeValues {
    functions: Vec<(TruthFn, NumberFn)>,
    /// How many measures the functions of each expression read.
    measures: Vec<usize>,
    _code: Code,
}

impl NativeValues {
    pub(crate) fn compile(exprs: &[&ValueExpr]) -> Result<Self, MatchError> {
        let mut assembler = Assembler::new(&[])?;
        let (truth, number) = signatures(&assembler);
        for expr in exprs {
            assembler.define(&truth, |builder, _| {
                truth_body(builder, expr);
                Ok(())
            })?;
            assembler.define(&number, |builder, _| {
                number_body(builder, expr);
                Ok(())
            })?;
        }
        let (code, addresses) = assembler.finish()?;
        let pair = |pair: &[*const u8]| match pair {
            [truth, number] => Ok(typed(*truth, *number)),
            _ => Err(MatchError::code("a condition lost its function")),
        };
        let functions = addresses.chunks(2).map(pair).collect::<Result<_, _>>()?;
        let measures = exprs.iter().map(|expr| measures(expr)).collect();
        Ok(Self { functions, measures, _code: code })
    }

    pub(crate) fn clif(expr: &ValueExpr) -> Result<String, MatchError> {
        let mut assembler = Assembler::new(&[])?;
        let (truth, _) = signatures(&assembler);
        assembler.text(&truth, |builder, _| {
            truth_body(builder, expr);
            Ok(())
        })
    }

    /// Whether the packed measures reach as far as the functions read.
    fn reaches(&self, at: usize, numbers: &[f64], present: &[u64]) -> bool {
        let needed = self.measures.get(at).copied().unwrap_or(usize::MAX);
        numbers.len() >= needed && present.len() >= needed.div_ceil(64)
    }

    pub(crate) fn truth(&self, at: usize, numbers: &[f64], present: &[u64]) -> Truth {
        match self.functions.get(at) {
            Some((call, _)) if self.reaches(at, numbers, present) => {
                // SAFETY: the code lives as long as `self`, has this signature, and reads no measure beyond those that
                // `reaches` has checked.
                #[expect(unsafe_code, reason = "calls machine code")]
                let code = unsafe { call(numbers.as_ptr(), present.as_ptr()) };
                Truth::from_code(code)
            }
            _ => Truth::Unknown,
        }
    }

    pub(crate) fn number(&self, at: usize, numbers: &[f64], present: &[u64]) -> Option<f64> {
        match self.functions.get(at) {
            Some((_, call)) if self.reaches(at, numbers, present) => {
                // SAFETY: as in `truth`.
                #[expect(unsafe_code, reason = "calls machine code")]
                let number = unsafe { call(numbers.as_ptr(), present.as_ptr()) };
                (!number.is_nan()).then_some(number)
            }
            _ => None,
        }
    }
}

fn typed(truth: *const u8, number: *const u8) -> (TruthFn, NumberFn) {
    // SAFETY: both addresses come from `Assembler::finish` for functions defined with exactly these signatures in the
    // platform's C calling convention.
    #[expect(unsafe_code, reason = "gives machine code its type")]
    unsafe {
        (std::mem::transmute::<*const u8, TruthFn>(truth), std::mem::transmute::<*const u8, NumberFn>(number))
    }
}

fn signatures(assembler: &Assembler) -> (Signature, Signature) {
    let mut truth = assembler.module.make_signature();
    truth.params = vec![AbiParam::new(I64), AbiParam::new(I64)];
    let mut number = truth.clone();
    truth.returns.push(AbiParam::new(I8));
    number.returns.push(AbiParam::new(F64));
    (truth, number)
}

fn truth_body(builder: &mut FunctionBuilder<'_>, expr: &ValueExpr) {
    let mut emit = Emit::new(builder);
    let truth = emit.truth(expr);
    let unknown = emit.builder.ins().iconst(I8, i64::from(Truth::Unknown as u8));
    let zero = emit.builder.ins().iconst(I8, i64::from(Truth::False as u8));
    let one = emit.builder.ins().iconst(I8, i64::from(Truth::True as u8));
    let otherwise = emit.builder.ins().select(truth.is_false, zero, unknown);
    let code = emit.builder.ins().select(truth.is_true, one, otherwise);
    emit.builder.ins().return_(&[code]);
}

fn number_body(builder: &mut FunctionBuilder<'_>, expr: &ValueExpr) {
    let mut emit = Emit::new(builder);
    let number = emit.number(expr);
    emit.builder.ins().return_(&[number]);
}

/// Both bytes are 0 or 1 and never both 1.
#[derive(Clone, Copy)]
struct TruthPair {
    is_true: Value,
    is_false: Value,
}

struct Emit<'a, 'f> {
    builder: &'a mut FunctionBuilder<'f>,
    numbers: Value,
    present: Value,
}

impl<'a, 'f> Emit<'a, 'f> {
    fn new(builder: &'a mut FunctionBuilder<'f>) -> Self {
        let block = builder.create_block();
        builder.append_block_params_for_function_params(block);
        builder.switch_to_block(block);
        let (numbers, present) = match builder.block_params(block) {
            [numbers, present] => (*numbers, *present),
            _ => (Value::from_u32(0), Value::from_u32(1)),
        };
        Self { builder, numbers, present }
    }

    fn unknown_number(&mut self) -> Value {
        self.builder.ins().f64const(f64::NAN)
    }

    fn constant_pair(&mut self, is_true: bool, is_false: bool) -> TruthPair {
        let is_true = self.builder.ins().iconst(I8, i64::from(is_true));
        let is_false = self.builder.ins().iconst(I8, i64::from(is_false));
        TruthPair { is_true, is_false }
    }

    fn number(&mut self, expr: &ValueExpr) -> Value {
        match expr {
            ValueExpr::Number(value) => self.builder.ins().f64const(*value),
            ValueExpr::Measure(at) => self.measure(*at),
            ValueExpr::Negate(inner) => {
                let inner = self.number(inner);
                self.builder.ins().fneg(inner)
            }
            ValueExpr::Arithmetic(op, left, right) => {
                let (left, right) = (self.number(left), self.number(right));
                match op {
                    Arithmetic::Add => self.builder.ins().fadd(left, right),
                    Arithmetic::Subtract => self.builder.ins().fsub(left, right),
                    Arithmetic::Multiply => self.builder.ins().fmul(left, right),
                    Arithmetic::Divide => {
                        let zero = self.builder.ins().f64const(0.0);
                        let by_zero = self.builder.ins().fcmp(FloatCC::Equal, right, zero);
                        let quotient = self.builder.ins().fdiv(left, right);
                        let unknown = self.unknown_number();
                        self.builder.ins().select(by_zero, unknown, quotient)
                    }
                }
            }
            _ => self.unknown_number(),
        }
    }

    fn measure(&mut self, at: u32) -> Value {
        let flags = MemFlagsData::trusted().with_readonly();
        let offset = |bytes: u32| i32::try_from(bytes).unwrap_or(i32::MAX);
        let number = self.builder.ins().load(F64, flags, self.numbers, offset(at.saturating_mul(8)));
        let word = self.builder.ins().load(I64, flags, self.present, offset(at / 64 * 8));
        let bit = self.builder.ins().band_imm_u(word, (1_u64 << (at % 64)).cast_signed());
        let told = self.builder.ins().icmp_imm_u(IntCC::NotEqual, bit, 0);
        let unknown = self.unknown_number();
        self.builder.ins().select(told, number, unknown)
    }

    fn truth(&mut self, expr: &ValueExpr) -> TruthPair {
        match expr {
            ValueExpr::Truth(value) => self.constant_pair(*value, !*value),
            ValueExpr::Not(inner) => {
                let inner = self.truth(inner);
                TruthPair { is_true: inner.is_false, is_false: inner.is_true }
            }
            ValueExpr::And(members) => self.all(members, false),
            ValueExpr::Or(members) => self.all(members, true),
            ValueExpr::Compare(op, left, right) => {
                let (left, right) = (self.number(left), self.number(right));
                // Each test is ordered, that is, not true of NaN: an unknown side leaves both bits 0.
                let (holds, fails) = match op {
                    CompareOp::Eq => (FloatCC::Equal, FloatCC::OrderedNotEqual),
                    CompareOp::Ne => (FloatCC::OrderedNotEqual, FloatCC::Equal),
                    CompareOp::Lt => (FloatCC::LessThan, FloatCC::GreaterThanOrEqual),
                    CompareOp::Le => (FloatCC::LessThanOrEqual, FloatCC::GreaterThan),
                    CompareOp::Gt => (FloatCC::GreaterThan, FloatCC::LessThanOrEqual),
                    CompareOp::Ge => (FloatCC::GreaterThanOrEqual, FloatCC::LessThan),
                };
                let is_true = self.builder.ins().fcmp(holds, left, right);
                let is_false = self.builder.ins().fcmp(fails, left, right);
                TruthPair { is_true, is_false }
            }
            _ => self.constant_pair(false, false),
        }
    }

    /// `and`, or `or` by swapping the bits of the members and of the result.
    fn all(&mut self, members: &[ValueExpr], swapped: bool) -> TruthPair {
        let mut result = self.constant_pair(true, false);
        for member in members {
            let pair = self.truth(member);
            let (holds, fails) = if swapped { (pair.is_false, pair.is_true) } else { (pair.is_true, pair.is_false) };
            result.is_true = self.builder.ins().band(result.is_true, holds);
            result.is_false = self.builder.ins().bor(result.is_false, fails);
        }
        if swapped { TruthPair { is_true: result.is_false, is_false: result.is_true } } else { result }
    }
}
