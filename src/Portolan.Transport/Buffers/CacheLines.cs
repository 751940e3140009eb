using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Portolan.Transport.Buffers;

/// <summary>
/// Asks for memory before it is needed. Among many connections the state of one is in no cache: touched line by line it costs one wait
/// after the other, asked for at once it costs about one. On processors without such an instruction nothing happens.
/// </summary>
internal static class CacheLines
{
    private const int Line = 64;

    /// <summary>The line that a place is in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe void Prefetch<T>(ref readonly T place)
    {
        if (Sse.IsSupported)
        {
            // The collector may move it meanwhile: then a line is read for nothing.
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in place)));
        }
    }

    /// <summary>The lines of an object, from its first field on.</summary>
    /// <param name="target">The object.</param>
    /// <param name="bytes">How much of it. More than it has reads lines for nothing.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe void Prefetch(object target, int bytes)
    {
        if (Sse.IsSupported)
        {
            // Any object's fields begin where those of a StrongBox do.
            var start = (byte*)Unsafe.AsPointer(ref Unsafe.As<StrongBox<byte>>(target).Value);
            for (var at = 0; at < bytes; at += Line)
            {
                Sse.Prefetch0(start + at);
            }
        }
    }
}
