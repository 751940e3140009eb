using System.Runtime.InteropServices;

namespace Portolan.Sockets.Acquire;

/// <summary>Reads the array of SK_MEMINFO_* figures (linux/sock_diag.h).</summary>
internal static class SocketMemoryDecoder
{
    /// <summary>Figures the kernel has not are 0.</summary>
    internal static SocketMemory Read(ReadOnlySpan<byte> value)
    {
        var figures = MemoryMarshal.Cast<byte, uint>(value);
        return new SocketMemory(
            At(figures, 0), At(figures, 1), At(figures, 2), At(figures, 3), At(figures, 4), At(figures, 5), At(figures, 6), At(figures, 7),
            At(figures, 8));
    }

    private static uint At(ReadOnlySpan<uint> figures, int index) => index < figures.Length ? figures[index] : 0;
}
