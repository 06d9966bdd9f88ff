//! The stubs between the stacks of tasks and the one below them.
//!
//! Compiled code runs on a stack of its task, with the address of the task in `r15`. What is built in runs on the stack of what entered
//! the program, so that a stack of a task need not have room for it. Each stub notes where the task was left, and goes on with the task
//! that Rust names, where that was left: so a switch to another task, or to another stack of the same one, is another answer.
//!
//! Below the return address where a task was left are the registers that the platform's convention keeps.

use std::arch::naked_asm;
use std::mem::offset_of;

use crate::heap::EMPTY_STORE;
use crate::leaves::LEAVES;
use crate::machine::{dispatch, finished, trapped};
use crate::task::Task;

const LAST_FRAME: usize = offset_of!(Task<'static>, left.frame);
const LAST_STACK: usize = offset_of!(Task<'static>, left.stack);
const RESUME: usize = offset_of!(Task<'static>, left.resume);
const HOST_STACK: usize = offset_of!(Task<'static>, host_stack);

/// Runs a task, and the tasks that go on instead of it, until there is none.
///
/// # Safety
/// The task is a place where code can go on, and nothing else uses it, or the machine that it belongs to, meanwhile.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter(task: *mut u8) {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "mov [rdi + {host}], rsp",
        "mov rax, rdi",
        "jmp {go}",
        host = const HOST_STACK,
        go = sym go,
    )
}

/// Goes on with the task in `rax`, or goes back to what entered the program where that is null.
#[unsafe(naked)]
unsafe extern "C" fn go() {
    naked_asm!(
        "test rax, rax",
        "jz 2f",
        "mov r15, rax",
        "mov rsp, [r15 + {resume}]",
        "mov rbp, [r15 + {frame}]",
        "mov rbx, [rsp - 8]",
        "mov r12, [rsp - 16]",
        "mov r13, [rsp - 24]",
        "mov r14, [rsp - 32]",
        "ret",
        // The stack is that of what entered already, and the task that was left may be no more.
        "2:",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        frame = const LAST_FRAME,
        resume = const RESUME,
    )
}

/// Where a stack begins: calls what is in `rbx` with `r12`, `r13`, `r14` and the place of its results, and tells of its end.
#[unsafe(naked)]
unsafe extern "C" fn begin() {
    naked_asm!(
        "mov rdi, r12",
        "mov rsi, r13",
        "mov rdx, r14",
        "mov rcx, rsp",
        "call rbx",
        "mov rdi, r15",
        "mov rsi, rax",
        "mov rdx, rsp",
        "mov rsp, [r15 + {host}]",
        "call {finished}",
        "jmp {go}",
        host = const HOST_STACK,
        finished = sym finished,
        go = sym go,
    )
}

/// A trap, from compiled code: its number, and its text.
#[unsafe(naked)]
#[unsafe(export_name = "pluto_trap")]
unsafe extern "C" fn trap(number: u64, text: u64) {
    naked_asm!(
        "mov [r15 + {frame}], rbp",
        "mov [r15 + {stack}], rsp",
        "mov rdx, rsi",
        "mov rsi, rdi",
        "mov rdi, r15",
        "mov rsp, [r15 + {host}]",
        "call {trapped}",
        "jmp {go}",
        frame = const LAST_FRAME,
        stack = const LAST_STACK,
        host = const HOST_STACK,
        trapped = sym trapped,
        go = sym go,
    )
}

/// An operation, from compiled code: the task, the slot of its arguments and results, a shape, which arguments are references, its
/// number and in the upper half how many words it gives.
#[unsafe(naked)]
#[unsafe(export_name = "pluto_operation")]
unsafe extern "C" fn call(task: *mut u8, slot: *mut u64, shape: u64, mask: u64, operation: u64) {
    naked_asm!(
        "mov [r15 + {frame}], rbp",
        "mov [r15 + {stack}], rsp",
        "mov [r15 + {resume}], rsp",
        "mov [rsp - 8], rbx",
        "mov [rsp - 16], r12",
        "mov [rsp - 24], r13",
        "mov [rsp - 32], r14",
        "mov rsp, [r15 + {host}]",
        "call {dispatch}",
        "jmp {go}",
        frame = const LAST_FRAME,
        stack = const LAST_STACK,
        resume = const RESUME,
        host = const HOST_STACK,
        dispatch = sym dispatch,
        go = sym go,
    )
}

/// The same for what is rarely asked for where much is at hand: keeps all registers.
#[unsafe(naked)]
#[unsafe(export_name = "pluto_operation_kept")]
unsafe extern "C" fn call_kept(task: *mut u8, slot: *mut u64, shape: u64, mask: u64, operation: u64) {
    naked_asm!(
        "mov [r15 + {frame}], rbp",
        "mov [r15 + {stack}], rsp",
        "sub rsp, 336",
        "mov [r15 + {resume}], rsp",
        "mov [rsp + 8], rax",
        "mov [rsp + 16], rcx",
        "mov [rsp + 24], rdx",
        "mov [rsp + 32], rsi",
        "mov [rsp + 40], rdi",
        "mov [rsp + 48], r8",
        "mov [rsp + 56], r9",
        "mov [rsp + 64], r10",
        "mov [rsp + 72], r11",
        "movups [rsp + 80], xmm0",
        "movups [rsp + 96], xmm1",
        "movups [rsp + 112], xmm2",
        "movups [rsp + 128], xmm3",
        "movups [rsp + 144], xmm4",
        "movups [rsp + 160], xmm5",
        "movups [rsp + 176], xmm6",
        "movups [rsp + 192], xmm7",
        "movups [rsp + 208], xmm8",
        "movups [rsp + 224], xmm9",
        "movups [rsp + 240], xmm10",
        "movups [rsp + 256], xmm11",
        "movups [rsp + 272], xmm12",
        "movups [rsp + 288], xmm13",
        "movups [rsp + 304], xmm14",
        "movups [rsp + 320], xmm15",
        "lea rax, [rip + {restore}]",
        "mov [rsp], rax",
        "mov [rsp - 8], rbx",
        "mov [rsp - 16], r12",
        "mov [rsp - 24], r13",
        "mov [rsp - 32], r14",
        "mov rsp, [r15 + {host}]",
        "call {dispatch}",
        "jmp {go}",
        frame = const LAST_FRAME,
        stack = const LAST_STACK,
        resume = const RESUME,
        host = const HOST_STACK,
        restore = sym restore,
        dispatch = sym dispatch,
        go = sym go,
    )
}

/// Takes the registers again that [`call_kept`] has put below where it was called.
#[unsafe(naked)]
unsafe extern "C" fn restore() {
    naked_asm!(
        "mov rax, [rsp + 0]",
        "mov rcx, [rsp + 8]",
        "mov rdx, [rsp + 16]",
        "mov rsi, [rsp + 24]",
        "mov rdi, [rsp + 32]",
        "mov r8, [rsp + 40]",
        "mov r9, [rsp + 48]",
        "mov r10, [rsp + 56]",
        "mov r11, [rsp + 64]",
        "movups xmm0, [rsp + 72]",
        "movups xmm1, [rsp + 88]",
        "movups xmm2, [rsp + 104]",
        "movups xmm3, [rsp + 120]",
        "movups xmm4, [rsp + 136]",
        "movups xmm5, [rsp + 152]",
        "movups xmm6, [rsp + 168]",
        "movups xmm7, [rsp + 184]",
        "movups xmm8, [rsp + 200]",
        "movups xmm9, [rsp + 216]",
        "movups xmm10, [rsp + 232]",
        "movups xmm11, [rsp + 248]",
        "movups xmm12, [rsp + 264]",
        "movups xmm13, [rsp + 280]",
        "movups xmm14, [rsp + 296]",
        "movups xmm15, [rsp + 312]",
        "add rsp, 328",
        "ret",
    )
}

/// Has a stack begin, where it is gone on with next: gives the stack pointer that it is left with. `results` are the words above it
/// that are kept for what the code gives.
///
/// # Safety
/// `top` is the aligned end of a stack that nothing uses.
pub(crate) unsafe fn prepare(top: u64, results: usize, registers: [u64; 4]) -> u64 {
    let area = (top - results as u64 * 8) & !15;
    let at = area - 8;
    // SAFETY: the stack is long enough for this and for the registers of the platform.
    unsafe {
        (at as *mut u64).write(begin as *const u8 as u64);
        for (place, register) in (1..).zip(registers) {
            ((at - place * 8) as *mut u64).write(register);
        }
    }
    at
}

/// What compiled code refers to by name, and where it is.
pub fn symbols() -> impl Iterator<Item = (&'static str, *const u8)> {
    let own = [
        ("pluto_operation", call as *const u8),
        ("pluto_operation_kept", call_kept as *const u8),
        ("pluto_trap", trap as *const u8),
        ("pluto_empty_store", EMPTY_STORE.as_ptr().cast()),
    ];
    own.into_iter().chain(LEAVES.iter().map(|leaf| (leaf.symbol, leaf.address())))
}
