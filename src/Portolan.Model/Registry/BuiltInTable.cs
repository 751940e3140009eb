using System.Runtime.InteropServices;

namespace Portolan.Model.Registry;

/// <summary>The table that the program was built with, in its read-only data; made of <c>data/registry.txt</c>.</summary>
/// <remarks>
/// The numbers are written as 64-bit words because the compiler needs seconds for as many single bytes. Words lie in memory in the
/// machine's byte order and the table is little-endian, as is every machine that .NET publishes ahead of time for.
/// </remarks>
internal static partial class BuiltInTable
{
#if DEBUG
    // Code that is not optimised allocates 72 bytes whenever it makes a span of words; a copy keeps lookups free of that.
    private static readonly ulong[] Copy = Words.ToArray();

    /// <summary>The numbers (see <see cref="RegistryTable"/>).</summary>
    public static ReadOnlySpan<byte> Numbers => MemoryMarshal.AsBytes(Copy.AsSpan());
#else
    /// <summary>The numbers (see <see cref="RegistryTable"/>).</summary>
    public static ReadOnlySpan<byte> Numbers => MemoryMarshal.AsBytes(Words);
#endif
}
