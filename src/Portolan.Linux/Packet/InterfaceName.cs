using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Packet;

/// <summary>Asks an interface by its name (netdevice(7), <c>struct ifreq</c>).</summary>
/// <param name="Index">The kernel's number of it.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct InterfaceName(int Index, string Name)
{
    private const int NameRoom = 16;
    private const int RequestRoom = 40;
    private const ushort Running = 0x40;

    /// <summary>Whether it is up and has a carrier; true when it cannot be asked.</summary>
    internal bool IsRunning(SocketHandle socket)
    {
        Span<byte> request = stackalloc byte[RequestRoom];
        return !TryAsk(socket, Libc.SIOCGIFFLAGS, request) || (MemoryMarshal.Read<ushort>(request[NameRoom..]) & Running) != 0;
    }

    private unsafe bool TryAsk(SocketHandle socket, nuint request, Span<byte> answer)
    {
        answer.Clear();
        if (!Encoding.UTF8.TryGetBytes(Name, answer[..(NameRoom - 1)], out _))
        {
            return false;
        }

        fixed (byte* bytes = answer)
        {
            return Libc.ioctl_bytes(socket, request, bytes) == 0;
        }
    }
}
