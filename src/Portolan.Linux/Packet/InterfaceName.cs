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

    /// <summary>ETHTOOL_GLINK (linux/ethtool.h).</summary>
    private const uint GetLink = 0x0a;

    /// <summary>Whether it is up and has a carrier; true when it cannot be asked.</summary>
    /// <remarks>The flags lag behind by up to a second (linkwatch), the driver does not.</remarks>
    internal unsafe bool IsRunning(SocketHandle socket)
    {
        Span<byte> request = stackalloc byte[RequestRoom];
        if (!TryName(request))
        {
            return true;
        }

        if (TryAsk(socket, Libc.SIOCGIFFLAGS, request) && (MemoryMarshal.Read<ushort>(request[NameRoom..]) & Running) == 0)
        {
            return false;
        }

        // struct ethtool_value: command, answer. The request holds a pointer to it.
        var value = stackalloc uint[2];
        value[0] = GetLink;
        value[1] = 1;
        MemoryMarshal.Write(request[NameRoom..], (nint)value);
        return !TryAsk(socket, Libc.SIOCETHTOOL, request) || value[1] != 0;
    }

    private bool TryName(Span<byte> request)
    {
        request.Clear();
        return Encoding.UTF8.TryGetBytes(Name, request[..(NameRoom - 1)], out _);
    }

    private static unsafe bool TryAsk(SocketHandle socket, nuint request, Span<byte> argument)
    {
        fixed (byte* bytes = argument)
        {
            return Libc.ioctl_bytes(socket, request, bytes) == 0;
        }
    }
}
