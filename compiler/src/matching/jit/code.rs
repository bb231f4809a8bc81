//! A module of native code that frees its pages when it drops, and the settings it is made with.

use cranelift_codegen::Context;
use cranelift_codegen::ir::Signature;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module, default_libcall_names};

use crate::matching::error::MatchError;

/// Owns finished code. Function addresses are valid exactly as long as it lives.
pub(super) struct Code {
    module: Option<JITModule>,
}

// SAFETY: finished code is only read and run; nothing writes to the module after `Assembler::finish`.
#[expect(unsafe_code, reason = "the generator's module holds raw pages, immutable once finished")]
unsafe impl Sync for Code {}
// SAFETY: the pages belong to the process, not to a thread.
#[expect(unsafe_code, reason = "as above")]
unsafe impl Send for Code {}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code")
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: whoever holds addresses into these pages holds this value beside them and only calls through
            // `&self`, so no function is running and none is called afterwards.
            #[expect(unsafe_code, reason = "gives the code's pages back")]
            unsafe {
                module.free_memory();
            }
        }
    }
}

/// Gathers functions into one module.
pub(super) struct Assembler {
    pub(super) module: JITModule,
    context: Context,
    builder: FunctionBuilderContext,
    functions: Vec<FuncId>,
    /// Bytes of machine code so far.
    pub(super) bytes: usize,
}

impl Assembler {
    /// `helpers` are the names and addresses of functions that the code may call.
    pub(super) fn new(helpers: &[(&str, *const u8)]) -> Result<Self, MatchError> {
        let mut flags = settings::builder();
        for (name, value) in [("opt_level", "speed"), ("enable_verifier", "false"), ("is_pic", "false")] {
            flags.set(name, value).map_err(MatchError::code)?;
        }
        flags.set("use_colocated_libcalls", "false").map_err(MatchError::code)?;
        let isa = cranelift_native::builder()
            .map_err(MatchError::code)?
            .finish(settings::Flags::new(flags))
            .map_err(MatchError::code)?;
        let mut builder = JITBuilder::with_isa(isa, default_libcall_names());
        for (name, address) in helpers {
            builder.symbol(*name, *address);
        }
        let module = JITModule::new(builder);
        let context = module.make_context();
        Ok(Self { module, context, builder: FunctionBuilderContext::new(), functions: Vec::new(), bytes: 0 })
    }

    /// Builds one function and leaves it in the context; gives its intermediate text when asked.
    fn build(
        &mut self,
        signature: &Signature,
        body: impl FnOnce(&mut FunctionBuilder<'_>, &mut JITModule) -> Result<(), MatchError>,
    ) -> Result<(), MatchError> {
        self.context.func.signature = signature.clone();
        let mut builder = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        body(&mut builder, &mut self.module)?;
        builder.seal_all_blocks();
        builder.finalize(self.module.target_config());
        Ok(())
    }

    pub(super) fn define(
        &mut self,
        signature: &Signature,
        body: impl FnOnce(&mut FunctionBuilder<'_>, &mut JITModule) -> Result<(), MatchError>,
    ) -> Result<(), MatchError> {
        self.build(signature, body)?;
        let id = self.module.declare_anonymous_function(signature).map_err(MatchError::code)?;
        self.module.define_function(id, &mut self.context).map_err(MatchError::code)?;
        self.bytes += self.context.compiled_code().map_or(0, |code| code.code_buffer().len());
        self.module.clear_context(&mut self.context);
        self.functions.push(id);
        Ok(())
    }

    /// The intermediate text of a function that is not kept.
    pub(super) fn text(
        &mut self,
        signature: &Signature,
        body: impl FnOnce(&mut FunctionBuilder<'_>, &mut JITModule) -> Result<(), MatchError>,
    ) -> Result<String, MatchError> {
        self.build(signature, body)?;
        let text = self.context.func.display().to_string();
        self.module.clear_context(&mut self.context);
        Ok(text)
    }

    /// A function of the host that the code calls.
    pub(super) fn import(&mut self, name: &str, signature: &Signature) -> Result<FuncId, MatchError> {
        self.module.declare_function(name, Linkage::Import, signature).map_err(MatchError::code)
    }

    /// Makes the code executable; gives the functions' addresses in the order of their definition.
    pub(super) fn finish(mut self) -> Result<(Code, Vec<*const u8>), MatchError> {
        self.module.finalize_definitions().map_err(MatchError::code)?;
        let addresses = self.functions.iter().map(|id| self.module.get_finalized_function(*id)).collect();
        Ok((Code { module: Some(self.module) }, addresses))
    }
}
