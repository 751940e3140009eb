using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>Numbers of the system calls that a child makes between clone and execve (asm/unistd.h), which differ between architectures.</summary>
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
        },
        _ => null,
    };
}
