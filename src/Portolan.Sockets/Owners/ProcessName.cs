namespace Portolan.Sockets.Owners;

/// <summary>Finds a process's whole name: what <c>ss</c> and <c>ps</c> call it, but not cut at 15 characters.</summary>
public static class ProcessName
{
    /// <summary>The kernel keeps this many bytes of a name (TASK_COMM_LEN less the NUL).</summary>
    public const int KeptBytes = 15;

    private const string Deleted = " (deleted)";

    /// <summary>Whether a name as the kernel keeps it may have been cut.</summary>
    public static bool MayBeCut(string command) => System.Text.Encoding.UTF8.GetByteCount(command) >= KeptBytes;

    /// <summary>Whether there is nothing to show: any process may empty its name, or fill it with spaces.</summary>
    public static bool IsBlank(string command) => string.IsNullOrWhiteSpace(command);

    /// <summary>
    /// The whole name. The kernel's own name (<paramref name="command"/>) decides; the other sources only complete it, so a
    /// program that calls itself something else keeps the name it chose. A blank
    /// name says nothing: then it is the program file's, or empty.
    /// </summary>
    /// <param name="command">The name of /proc/PID/stat.</param>
    /// <param name="arguments">The arguments, or <c>null</c> when hidden.</param>
    /// <param name="executable">Path of the program file, or <c>null</c> when hidden.</param>
    public static string Complete(string command, IReadOnlyList<string>? arguments, string? executable)
    {
        if (IsBlank(command))
        {
            return executable is null ? "" : FileName(executable).ToString();
        }

        if (!MayBeCut(command))
        {
            return command;
        }

        // A name cut within a character ends in U+FFFD: compare what came before it.
        var kept = command.AsSpan().TrimEnd('\ufffd');
        if (arguments is { Count: > 0 } && Completes(FileName(arguments[0]), kept) is { } byArgument)
        {
            return byArgument;
        }

        // A script: the kernel names the process after it, and the interpreter's first argument is its path.
        if (arguments is { Count: > 1 } && Completes(FileName(arguments[1]), kept) is { } byScript)
        {
            return byScript;
        }

        return executable is not null && Completes(FileName(executable), kept) is { } byFile ? byFile : command;
    }

    /// <summary>The last part of a path, without the kernel's mark for a file that was removed.</summary>
    public static ReadOnlySpan<char> FileName(string path)
    {
        var whole = path.EndsWith(Deleted, StringComparison.Ordinal) ? path.AsSpan(0, path.Length - Deleted.Length) : path.AsSpan();
        return whole[(whole.LastIndexOf('/') + 1)..];
    }

    private static string? Completes(ReadOnlySpan<char> candidate, ReadOnlySpan<char> kept)
        => candidate.StartsWith(kept, StringComparison.Ordinal) ? candidate.ToString() : null;
}
