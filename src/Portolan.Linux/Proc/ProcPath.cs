using System.Buffers.Text;

namespace Portolan.Linux.Proc;

/// <summary>Writes paths beneath /proc, such as <c>123/fd</c>, without allocating.</summary>
internal static class ProcPath
{
    /// <summary><c>PID</c> and what follows it. <paramref name="buffer"/> needs 11 bytes more than <paramref name="rest"/>.</summary>
    internal static ReadOnlySpan<byte> Of(int pid, ReadOnlySpan<byte> rest, Span<byte> buffer)
    {
        Utf8Formatter.TryFormat(pid, buffer, out var length);
        rest.CopyTo(buffer[length..]);
        return buffer[..(length + rest.Length)];
    }

    /// <summary><c>PID/task/TID</c> and what follows it.</summary>
    internal static ReadOnlySpan<byte> Of(int pid, int thread, ReadOnlySpan<byte> rest, Span<byte> buffer)
    {
        var start = Of(pid, "/task/"u8, buffer).Length;
        return buffer[..(start + Of(thread, rest, buffer[start..]).Length)];
    }
}
