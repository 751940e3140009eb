namespace Portolan.Linux.Namespaces;

internal static partial class ChildCode
{
    /// <summary>
    /// The parameter is in rdi, the result in rax. System calls: the number and the result in rax, arguments in rdi, rsi, rdx, r10, r8
    /// (syscall(2)).
    /// </summary>
    private static ReadOnlySpan<byte> X64 =>
    [
        0xF3, 0x0F, 0x1E, 0xFA,   // endbr64               an indirect call may lead here
        0x49, 0x89, 0xF9,         // mov r9, rdi           work
        0x49, 0x8B, 0x01,         // mov rax, [r9]         .First
        0x48, 0x8B, 0x78, 0x08,   // mov rdi, [rax+8]
        0x48, 0x8B, 0x70, 0x10,   // mov rsi, [rax+16]
        0x48, 0x8B, 0x50, 0x18,   // mov rdx, [rax+24]
        0x4C, 0x8B, 0x50, 0x20,   // mov r10, [rax+32]
        0x4C, 0x8B, 0x40, 0x28,   // mov r8, [rax+40]
        0x48, 0x8B, 0x00,         // mov rax, [rax]
        0x0F, 0x05,               // syscall
        0x48, 0x85, 0xC0,         // test rax, rax
        0x74, 0x01,               // jz child
        0xC3,                     // ret

        // child:
        0x49, 0x8B, 0x59, 0x08,   // mov rbx, [r9+8]       next = work.Calls
        0x49, 0x8B, 0x69, 0x10,   // mov rbp, [r9+16]      failures = work.Failures
        0x45, 0x31, 0xE4,         // xor r12d, r12d        index = 0

        // again:
        0x45, 0x89, 0x61, 0x18,   // mov [r9+24], r12d     work.Index = index
        0x48, 0x8B, 0x03,         // mov rax, [rbx]
        0x48, 0x8B, 0x7B, 0x08,   // mov rdi, [rbx+8]
        0x48, 0x8B, 0x73, 0x10,   // mov rsi, [rbx+16]
        0x48, 0x8B, 0x53, 0x18,   // mov rdx, [rbx+24]
        0x4C, 0x8B, 0x53, 0x20,   // mov r10, [rbx+32]
        0x4C, 0x8B, 0x43, 0x28,   // mov r8, [rbx+40]
        0x0F, 0x05,               // syscall
        0x48, 0x3B, 0x43, 0x30,   // cmp rax, [rbx+48]     .Least
        0x7C, 0x09,               // jl failed
        0x48, 0x83, 0xC3, 0x38,   // add rbx, 56           next++
        0x41, 0xFF, 0xC4,         // inc r12d              index++
        0xEB, 0xD4,               // jmp again

        // failed:
        0x48, 0x85, 0xED,         // test rbp, rbp
        0x74, 0x14,               // jz dead
        0x31, 0xC9,               // xor ecx, ecx
        0x48, 0xF7, 0xD8,         // neg rax
        0x48, 0x0F, 0x48, 0xC1,   // cmovs rax, rcx        max(-result, 0)
        0x41, 0x89, 0x41, 0x1C,   // mov [r9+28], eax      work.Errno
        0x48, 0x89, 0xEB,         // mov rbx, rbp          next = failures
        0x31, 0xED,               // xor ebp, ebp          failures = null
        0xEB, 0xBB,               // jmp again

        // dead:
        0x0F, 0x0B,               // ud2
    ];
}
