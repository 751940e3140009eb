using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Interop;
using Portolan.Model;

namespace Portolan.Linux.Names;

/// <summary>The name of an address as this machine resolves it: /etc/hosts, DNS, or whatever nsswitch.conf(5) says.</summary>
public static unsafe class ReverseLookup
{
    private const int SizeOfIPv4 = 16;
    private const int SizeOfIPv6 = 28;

    /// <summary>
    /// The name, or <c>null</c> when there is none or it cannot be had now. Hostile text. Blocks, for seconds when a name server is silent.
    /// </summary>
    public static string? Find(InternetAddress address)
    {
        // sockaddr_in and sockaddr_in6 (netinet/in.h): the family in host order, the rest here zero but for the address.
        var socketAddress = stackalloc byte[SizeOfIPv6];
        var bytes = new Span<byte>(socketAddress, SizeOfIPv6);
        bytes.Clear();
        MemoryMarshal.Write(bytes, (ushort)(address.IsIPv4 ? 2 : 10));
        if (address.IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], address.IPv4Bits);
        }
        else
        {
            address.WriteBytes(bytes[8..]);
        }

        var host = stackalloc byte[Libc.NI_MAXHOST];
        var error = Libc.getnameinfo(
            socketAddress, (uint)(address.IsIPv4 ? SizeOfIPv4 : SizeOfIPv6), host, Libc.NI_MAXHOST, null, 0, Libc.NI_NAMEREQD);
        return error == 0 ? Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(host)) : null;
    }
}
