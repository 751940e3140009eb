using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Interop;
using Portolan.Linux.Netlink;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Linux.Routing;

/// <summary>Asks NETLINK_ROUTE for routes, interfaces and neighbours (rtnetlink(7)). One thread at a time.</summary>
internal sealed class RouteRequests(INetlinkChannel channel) : IDisposable
{
    private const ushort NewLink = 16;
    private const ushort GetLink = 18;
    private const ushort NewAddress = 20;
    private const ushort GetAddress = 22;
    private const ushort NewRoute = 24;
    private const ushort GetRoute = 26;
    private const ushort GetNeighbour = KernelNeighbour.GetNeighbour;
    private const ushort GetRule = 34;
    private const ushort GetLabel = 74;
    private const ushort RouteDestination = 1;
    private const ushort RouteSource = 2;
    private const ushort RouteOutputInterface = 4;

    /// <summary>Bytes of <c>struct ifaddrmsg</c>.</summary>
    internal const int AddressMessageSize = 8;

    private const int LinkMessageSize = 16;
    private const int NeighbourMessageSize = KernelNeighbour.MessageSize;

    private readonly NetlinkDump _dump = new(channel);

    /// <summary>How the kernel would reach a destination.</summary>
    /// <returns>0, or the error number that a packet to it would end with.</returns>
    internal int FindRoute(InternetAddress destination, int interfaceIndex, InternetAddress? source, out KernelRoute route)
    {
        Span<byte> request = stackalloc byte[NetlinkHeader.Size + KernelRoute.MessageSize + 20 + 20 + 8];
        request.Clear();
        var length = NetlinkHeader.Size + KernelRoute.MessageSize;
        var message = request[NetlinkHeader.Size..];
        message[0] = (byte)(destination.IsIPv4 ? Libc.AF_INET : Libc.AF_INET6);
        message[1] = (byte)destination.BitCount;
        length += WriteAddress(request[length..], RouteDestination, destination);
        if (source is { } from)
        {
            message[2] = (byte)from.BitCount;
            length += WriteAddress(request[length..], RouteSource, from);
        }

        if (interfaceIndex != 0)
        {
            MemoryMarshal.Write(request[length..], (ushort)8);
            MemoryMarshal.Write(request[(length + 2)..], RouteOutputInterface);
            MemoryMarshal.Write(request[(length + 4)..], interfaceIndex);
            length += 8;
        }

        MemoryMarshal.Write(request, new NetlinkHeader { Type = GetRoute, Flags = NetlinkFlags.Request | NetlinkFlags.Acknowledge });
        var reader = new RouteReader();
        var result = _dump.Run(request[..length], reader, CancellationToken.None);
        route = reader.Route;
        return result.Status switch
        {
            NetlinkDumpStatus.Complete or NetlinkDumpStatus.Interrupted when reader.Found => 0,
            NetlinkDumpStatus.Refused => result.Errno,
            _ => throw new LinuxException(result.Errno, "ask the kernel for a route"),
        };
    }

    /// <summary>Shows every prefix of routes in all tables, of rules and of address labels to a reader.</summary>
    /// <returns>Whether all could be read; a family without rules or labels has none.</returns>
    internal bool TryReadPrefixes(bool isIPv4, PrefixReader reader)
    {
        ReadOnlySpan<ushort> types = isIPv4 ? [GetRoute, GetRule] : [GetRoute, GetRule, GetLabel];
        Span<byte> request = stackalloc byte[NetlinkHeader.Size + KernelRoute.MessageSize];
        foreach (var type in types)
        {
            request.Clear();
            MemoryMarshal.Write(request, new NetlinkHeader { Type = type, Flags = NetlinkFlags.Request | NetlinkFlags.Dump });
            request[NetlinkHeader.Size] = (byte)(isIPv4 ? Libc.AF_INET : Libc.AF_INET6);
            var result = _dump.Run(request, reader, CancellationToken.None);
            if (result.Status != NetlinkDumpStatus.Complete && (result.Status != NetlinkDumpStatus.Refused || type == GetRoute))
            {
                return false; // also when the tables changed meanwhile: then nothing is known for certain
            }
        }

        return true;
    }

    internal List<KernelInterface> ReadInterfaces()
    {
        var reader = new InterfaceReader();
        Dump(GetLink, LinkMessageSize, reader, "read the network interfaces");
        return reader.Interfaces;
    }

    /// <summary>Neighbours whose Ethernet address the kernel knows.</summary>
    internal Dictionary<(int Interface, InternetAddress Address), MacAddress> ReadNeighbours()
    {
        var reader = new KernelNeighbour.Reader();
        Dump(GetNeighbour, NeighbourMessageSize, reader, "read the neighbour table");
        var neighbours = new Dictionary<(int Interface, InternetAddress Address), MacAddress>(reader.Found.Count);
        reader.Found.ForEach(n => neighbours[(n.InterfaceIndex, n.Address)] = n.HardwareAddress);
        return neighbours;
    }

    /// <summary>The Ethernet address of one neighbour, if the kernel knows it (RTM_GETNEIGH of one entry, Linux 5.0).</summary>
    internal bool TryFindNeighbour(int interfaceIndex, InternetAddress address, out MacAddress hardwareAddress)
    {
        const ushort Destination = 1; // NDA_DST
        Span<byte> request = stackalloc byte[NetlinkHeader.Size + NeighbourMessageSize + 20];
        request.Clear();
        MemoryMarshal.Write(request, new NetlinkHeader { Type = GetNeighbour, Flags = NetlinkFlags.Request | NetlinkFlags.Acknowledge });
        var message = request[NetlinkHeader.Size..];
        message[0] = (byte)(address.IsIPv4 ? Libc.AF_INET : Libc.AF_INET6);
        MemoryMarshal.Write(message[4..], interfaceIndex);
        var length = NetlinkHeader.Size + NeighbourMessageSize + WriteAddress(message[NeighbourMessageSize..], Destination, address);
        var reader = new KernelNeighbour.Reader();
        var result = _dump.Run(request[..length], reader, CancellationToken.None);
        var found = reader.Found.Find(n => n.InterfaceIndex == interfaceIndex && n.Address == address);
        hardwareAddress = found?.HardwareAddress ?? default;
        return result.Status switch
        {
            NetlinkDumpStatus.Complete or NetlinkDumpStatus.Interrupted => found is not null,
            NetlinkDumpStatus.Refused => false,
            _ => throw new LinuxException(result.Errno, "ask the kernel for a neighbour"),
        };
    }

    /// <summary>Addresses of all interfaces, IPv4 first.</summary>
    internal List<InterfaceAddress> ReadAddresses()
    {
        var reader = new ListReader<InterfaceAddress>(NewAddress, HostNetwork.TryReadAddress);
        Dump(GetAddress, AddressMessageSize, reader, "read the addresses of the interfaces");
        return reader.Found;
    }

    /// <summary>Routes of the main table, IPv4 first.</summary>
    internal List<RouteEntry> ReadRoutes()
    {
        var reader = new ListReader<RouteEntry>(NewRoute, HostNetwork.TryReadRoute);
        Dump(GetRoute, KernelRoute.MessageSize, reader, "read the routes");
        return reader.Found;
    }

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    private void Dump(ushort type, int messageSize, INetlinkVisitor visitor, string operation)
    {
        Span<byte> request = stackalloc byte[NetlinkHeader.Size + messageSize];
        request.Clear();
        MemoryMarshal.Write(request, new NetlinkHeader { Type = type, Flags = NetlinkFlags.Request | NetlinkFlags.Dump });
        var result = _dump.Run(request, visitor, CancellationToken.None);
        if (result.Status is not (NetlinkDumpStatus.Complete or NetlinkDumpStatus.Interrupted))
        {
            throw new LinuxException(result.Errno, operation);
        }
    }

    private static int WriteAddress(Span<byte> destination, ushort type, InternetAddress address)
    {
        var length = 4 + address.WriteBytes(destination[4..]);
        MemoryMarshal.Write(destination, (ushort)length);
        MemoryMarshal.Write(destination[2..], type);
        return length;
    }

    private delegate bool TryRead<T>(ReadOnlySpan<byte> payload, out T? found);

    private sealed class ListReader<T>(ushort wanted, TryRead<T> tryRead) : INetlinkVisitor
    {
        internal List<T> Found { get; } = [];

        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
            if (type == wanted && tryRead(payload, out var found))
            {
                Found.Add(found!);
            }
        }
    }

    private sealed class RouteReader : INetlinkVisitor
    {
        internal KernelRoute Route { get; private set; }

        internal bool Found { get; private set; }

        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
            if (type == NewRoute && KernelRoute.TryRead(payload, out var route))
            {
                (Route, Found) = (route, true);
            }
        }
    }

    private sealed class InterfaceReader : INetlinkVisitor
    {
        private const int AddressAttribute = 1;
        private const int NameAttribute = 3;
        private const int MtuAttribute = 4;

        internal List<KernelInterface> Interfaces { get; } = [];

        // struct ifinfomsg: family, padding, type (2), index (4), flags (4), change (4).
        public void Visit(ushort type, ReadOnlySpan<byte> payload)
        {
            if (type != NewLink || payload.Length < LinkMessageSize)
            {
                return;
            }

            var (name, mtu, address) = ("", 0, default(MacAddress));
            var attributes = new NetlinkAttributes(payload[LinkMessageSize..]);
            while (attributes.MoveNext())
            {
                switch (attributes.Type)
                {
                    case AddressAttribute when attributes.Value.Length == MacAddress.Length:
                        address = MacAddress.FromBytes(attributes.Value);
                        break;
                    case NameAttribute:
                        name = Encoding.UTF8.GetString(attributes.Value.TrimEnd((byte)0));
                        break;
                    case MtuAttribute when attributes.TryReadUInt32(out var value):
                        mtu = (int)Math.Min(value, int.MaxValue);
                        break;
                }
            }

            Interfaces.Add(new KernelInterface(
                MemoryMarshal.Read<int>(payload[4..]), name, MemoryMarshal.Read<ushort>(payload[2..]),
                (InterfaceFlags)MemoryMarshal.Read<uint>(payload[8..]), mtu, address));
        }
    }
}
