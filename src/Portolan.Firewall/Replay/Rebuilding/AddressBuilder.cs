using System.Runtime.InteropServices;
using Portolan.Firewall.Host;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Replay.Rebuilding;

/// <summary>Gives interfaces their addresses, without the routes that usually come with them.</summary>
internal static class AddressBuilder
{
    private const ushort NewAddress = 20;
    private const ushort DeleteAddress = 21;
    private const ushort Address = 1;
    private const ushort Local = 2;
    private const ushort Flags = 8;
    private const uint NoDuplicateDetection = 2;
    private const uint NoPrefixRoute = 0x200;
    private const byte LinkScope = 253;
    private const byte HostScope = 254;

    /// <returns>0, or the error number.</returns>
    internal static int Add(RouteRequest request, HostAddress address) =>
        Send(request, address, NewAddress, NetlinkFlags.Create | NetlinkFlags.Replace, NoDuplicateDetection | NoPrefixRoute);

    /// <returns>0, or the error number.</returns>
    internal static int Delete(RouteRequest request, HostAddress address) => Send(request, address, DeleteAddress, NetlinkFlags.None, 0);

    private static int Send(RouteRequest request, HostAddress address, ushort type, NetlinkFlags flags, uint addressFlags)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes = bytes[..(address.Address.BitCount / 8)];
        address.Address.WriteBytes(bytes);
        var message = new AddressMessage
        {
            Family = address.Address.IsIPv4 ? (byte)2 : (byte)10,
            PrefixLength = (byte)address.PrefixLength,
            Scope = Scope(address.Address),
            Index = (uint)address.InterfaceIndex,
        };
        var writer = request.Begin(type, flags, message);
        writer.Data(Local, bytes);
        writer.Data(Address, bytes);
        writer.HostOrder32(Flags, addressFlags);
        return request.Send();
    }

    /// <summary>IPv6 takes the scope from the address; of IPv4 it only matters for the choice of a source.</summary>
    private static byte Scope(InternetAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.WriteBytes(bytes[..(address.BitCount / 8)]);
        return (address.IsIPv4, bytes[0], bytes[1]) switch
        {
            (true, 127, _) => HostScope,
            (true, 169, 254) => LinkScope,
            _ => 0,
        };
    }

    /// <summary>struct ifaddrmsg (linux/if_addr.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct AddressMessage
    {
        internal byte Family;
        internal byte PrefixLength;
        internal byte Flags;
        internal byte Scope;
        internal uint Index;
    }
}
