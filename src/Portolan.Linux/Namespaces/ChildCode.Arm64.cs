namespace Portolan.Linux.Namespaces;

internal static partial class ChildCode
{
    /// <summary>
    /// The parameter is in x0, the result too. System calls: the number in x8, arguments in x0 to x4, the result in x0 (syscall(2)).
    /// </summary>
    private static ReadOnlySpan<uint> Arm64 =>
    [
        0xD503245F,   // bti c                     an indirect call may lead here
        0xAA0003E9,   // mov x9, x0                work
        0xF940012A,   // ldr x10, [x9]             .First
        0xA9400148,   // ldp x8, x0, [x10]
        0xA9410941,   // ldp x1, x2, [x10, #16]
        0xA9421143,   // ldp x3, x4, [x10, #32]
        0xD4000001,   // svc #0
        0xB4000040,   // cbz x0, child
        0xD65F03C0,   // ret

        // child:
        0xA940AD2A,   // ldp x10, x11, [x9, #8]    next = work.Calls, failures = work.Failures
        0x2A1F03EC,   // mov w12, wzr              index = 0

        // again:
        0xB900192C,   // str w12, [x9, #24]        work.Index = index
        0xA9400148,   // ldp x8, x0, [x10]
        0xA9410941,   // ldp x1, x2, [x10, #16]
        0xA9421143,   // ldp x3, x4, [x10, #32]
        0xD4000001,   // svc #0
        0xF940194D,   // ldr x13, [x10, #48]       .Least
        0xEB0D001F,   // cmp x0, x13
        0x5400008B,   // b.lt failed
        0x9100E14A,   // add x10, x10, #56         next++
        0x1100058C,   // add w12, w12, #1          index++
        0x17FFFFF6,   // b again

        // failed:
        0xB400010B,   // cbz x11, dead
        0xCB0003E0,   // neg x0, x0
        0xF100001F,   // cmp x0, #0
        0x9A9FC000,   // csel x0, x0, xzr, gt      max(-result, 0)
        0xB9001D20,   // str w0, [x9, #28]         work.Errno
        0xAA0B03EA,   // mov x10, x11              next = failures
        0xAA1F03EB,   // mov x11, xzr              failures = null
        0x17FFFFEE,   // b again

        // dead:
        0x00000000,   // udf #0
    ];
}
