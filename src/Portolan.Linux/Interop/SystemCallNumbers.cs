using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>
/// Numbers of the system calls that a child makes between clone and execve (asm/unistd.h), which differ between architectures.
/// </summary>
internal sealed class SystemCallNumbers
{
    /// <summary>close_range(2), since Linux 5.9; newer calls have one number everywhere.</summary>
    internal const nint CloseRange = 436;

    internal required nint Read { get; init; }

    internal required nint Write { get; init; }

    internal required nint Close { get; init; }

    internal required nint SetSignalAction { get; init; }

    internal required nint SetSignalMask { get; init; }

    internal required nint Duplicate { get; init; }

    internal required nint ChangeDirectory { get; init; }

    internal required nint Clone { get; init; }

    internal required nint Execute { get; init; }

    internal required nint Exit { get; init; }

    internal required nint SetSession { get; init; }

    internal required nint ProcessControl { get; init; }

    internal required nint EnterNamespace { get; init; }

    /// <summary>
    /// Those that change who a process is, setuid, setgid, setreuid, setregid, setgroups, setresuid, setresgid, and whose a file is, chown,
    /// fchown, lchown, fchownat; of the latter arm64 has two.
    /// </summary>
    internal required IReadOnlyList<nint> ChangeUser { get; init; }

    /// <summary>How a filter of system calls knows this architecture (AUDIT_ARCH of linux/audit.h).</summary>
    internal required uint AuditArchitecture { get; init; }

    /// <summary>The numbers of this machine; <c>null</c> for other architectures.</summary>
    internal static SystemCallNumbers? Current => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => new()
        {
            Read = 0,
            Write = 1,
            Close = 3,
            SetSignalAction = 13,
            SetSignalMask = 14,
            Clone = 56,
            Execute = 59,
            ChangeDirectory = 80,
            SetSession = 112,
            ProcessControl = 157,
            Exit = 231,
            Duplicate = 292,
            EnterNamespace = 308,
            ChangeUser = [105, 106, 113, 114, 116, 117, 119, 92, 93, 94, 260],
            AuditArchitecture = 0xc000_003e,
        },

        // asm-generic/unistd.h.
        Architecture.Arm64 => new()
        {
            Duplicate = 24,
            ChangeDirectory = 49,
            Close = 57,
            Read = 63,
            Write = 64,
            Exit = 94,
            SetSignalAction = 134,
            SetSignalMask = 135,
            SetSession = 157,
            ProcessControl = 167,
            Clone = 220,
            Execute = 221,
            EnterNamespace = 268,
            ChangeUser = [146, 144, 145, 143, 159, 147, 149, 54, 55],
            AuditArchitecture = 0xc000_00b7,
        },
        _ => null,
    };
}
