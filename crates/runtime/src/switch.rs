//! The stubs between the program's stack and the one below it.
//!
//! A program runs on a stack of its own, with the address of its task in `r15`. What is built in runs on the stack of what entered the
//! program, so that a stack of a program need not have room for it. A trap leaves the program's stack as it is and goes back.

use std::arch::naked_asm;
use std::mem::offset_of;

use crate::operations::dispatch;
use crate::task::Task;

const LAST_FRAME: usize = offset_of!(Task<'static>, last_frame);
const LAST_STACK: usize = offset_of!(Task<'static>, last_stack);
const HOST_STACK: usize = offset_of!(Task<'static>, host_stack);
const PAYLOAD: usize = offset_of!(Task<'static>, payload);

/// Enters code on another stack: gives zero at its end, with what it gave in the task's payload, or the number of the trap that ended
/// it.
///
/// # Safety
/// The task outlives the call and is used by nothing else meanwhile, `stack` is the aligned end of a stack, and `code` keeps to the
/// rules of this module.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter(task: *mut u8, code: *const u8, stack: u64) -> u64 {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "mov [rdi + {host}], rsp",
        "mov r15, rdi",
        "mov rsp, rdx",
        // The walk over frames ends here.
        "xor ebp, ebp",
        "call rsi",
        "mov [r15 + {payload}], rax",
        "xor eax, eax",
        "jmp {leave}",
        host = const HOST_STACK,
        payload = const PAYLOAD,
        leave = sym leave,
    )
}

/// Goes back to what entered the program, with what is in `rax`.
#[unsafe(naked)]
unsafe extern "C" fn leave() {
    naked_asm!(
        "mov rsp, [r15 + {host}]",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        host = const HOST_STACK,
    )
}

/// A trap, from compiled code: its number, and its text.
#[unsafe(naked)]
unsafe extern "C" fn trap(number: u64, text: u64) {
    naked_asm!(
        "mov [r15 + {frame}], rbp",
        "mov [r15 + {stack}], rsp",
        "mov [r15 + {payload}], rsi",
        "mov rax, rdi",
        "jmp {leave}",
        frame = const LAST_FRAME,
        stack = const LAST_STACK,
        payload = const PAYLOAD,
        leave = sym leave,
    )
}

/// An operation, from compiled code: the task, the slot of its arguments and results, a shape, which arguments are references, its
/// number.
#[unsafe(naked)]
unsafe extern "C" fn call(task: *mut u8, slot: *mut u64, shape: u64, mask: u64, operation: u64) {
    naked_asm!(
        "mov [r15 + {frame}], rbp",
        "mov [r15 + {stack}], rsp",
        "mov rsp, [r15 + {host}]",
        "call {dispatch}",
        "test rax, rax",
        "jnz {leave}",
        "mov rsp, [r15 + {stack}]",
        "ret",
        frame = const LAST_FRAME,
        stack = const LAST_STACK,
        host = const HOST_STACK,
        dispatch = sym dispatch,
        leave = sym leave,
    )
}

/// What compiled code calls for an operation.
#[must_use]
pub fn address_of_call() -> *const u8 {
    call as *const u8
}

/// What compiled code calls for a trap.
#[must_use]
pub fn address_of_trap() -> *const u8 {
    trap as *const u8
}
