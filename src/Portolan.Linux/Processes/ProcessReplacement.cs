using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Processes;

/// <summary>Becomes another program: same process, same streams, same environment (execve(2)).</summary>
public static unsafe class ProcessReplacement
{
    /// <summary>Does it. What the process has opened is closed; signals that it handles have their default action again.</summary>
    /// <param name="program">The absolute path.</param>
    /// <param name="arguments">All words, the program's name first.</param>
    /// <returns>Only when it failed: the error number.</returns>
    public static int Become(string program, IReadOnlyList<string> arguments)
    {
        if (!Path.IsPathFullyQualified(program))
        {
            throw new ArgumentException($"'{program}' is not an absolute path", nameof(program));
        }

        // The runtime ignores it, and what is ignored stays so.
        const nint Default = 0;
        _ = Libc.signal(Libc.SIGPIPE, Default);
        var words = (byte**)NativeMemory.AllocZeroed((nuint)(arguments.Count + 1), (nuint)sizeof(nint));
        var path = Marshal.StringToCoTaskMemUTF8(program);
        try
        {
            for (var index = 0; index < arguments.Count; index++)
            {
                words[index] = (byte*)Marshal.StringToCoTaskMemUTF8(arguments[index]);
            }

            _ = Libc.execv((byte*)path, words);
            return Marshal.GetLastPInvokeError();
        }
        finally
        {
            for (var index = 0; index < arguments.Count; index++)
            {
                Marshal.FreeCoTaskMem((nint)words[index]);
            }

            Marshal.FreeCoTaskMem(path);
            NativeMemory.Free(words);
        }
    }
}
