using System.Runtime.InteropServices;
using Portolan.Firewall.Host;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Replay.Rebuilding;

/// <summary>Adds and removes routes.</summary>
internal static class RouteBuilder
{
    private const ushort NewRoute = 24;
    private const ushort DeleteRoute = 25;
    private const ushort Destination = 1;
    private const ushort From = 2;
    private const ushort OutputInterface = 4;
    private const ushort Gateway = 5;
    private const ushort Priority = 6;
    private const ushort PreferredSource = 7;
    private const ushort Multipath = 9;
    private const ushort Table = 15;
    private const ushort Via = 18;
    private const byte Static = 4;

    /// <summary>The gateway need not be on a network of its own (RTNH_F_ONLINK): routes come in any order.</summary>
    private const uint OnLink = 4;

    internal static int Add(RouteRequest request, HostRoute route)
    {
        Write(
            request, NewRoute, NetlinkFlags.Create | NetlinkFlags.Append, route, Static,
            IsOut(route) && route.Destination.IsIPv4 && HasGateway(route) ? OnLink : 0);
        return request.Send();
    }

    internal static int Delete(RouteRequest request, HostRoute route)
    {
        Write(request, DeleteRoute, NetlinkFlags.None, route, 0, 0);
        return request.Send();
    }

    private static void Write(RouteRequest request, ushort type, NetlinkFlags flags, HostRoute route, byte protocol, uint routeFlags)
    {
        var writer = request.Begin(type, flags, new RouteMessage
        {
            Family = route.Destination.IsIPv4 ? (byte)2 : (byte)10,
            DestinationLength = (byte)route.PrefixLength,
            SourceLength = (byte)route.FromLength,
            TypeOfService = route.TypeOfService,
            Table = route.Table < 256 ? (byte)route.Table : (byte)0,
            Protocol = protocol,
            Scope = route.Scope,
            Kind = (byte)route.Kind,
            Flags = route.Hops.Count > 0 ? 0 : routeFlags,
        });
        writer.HostOrder32(Table, route.Table);
        if (route.PrefixLength > 0)
        {
            WriteAddress(writer, Destination, route.Destination);
        }

        if (route.From is { } from)
        {
            WriteAddress(writer, From, from);
        }

        if (route.Metric != 0)
        {
            writer.HostOrder32(Priority, route.Metric);
        }

        if (route.Source is { } source)
        {
            WriteAddress(writer, PreferredSource, source);
        }

        if (route.Hops.Count > 0)
        {
            WriteHops(writer, route, routeFlags);
            return;
        }

        if (route.Interfaces.Count > 0 && IsOut(route))
        {
            writer.HostOrder32(OutputInterface, (uint)route.Interfaces[0]);
        }

        if (route.Gateway is { } gateway)
        {
            WriteGateway(writer, route, gateway);
        }
    }

    private static void WriteHops(NetlinkWriter writer, HostRoute route, uint flags)
    {
        // An array of struct rtnexthop, each with attributes of its own; the writer's nests have another header, so lengths are set here.
        var hops = new NetlinkWriter();
        foreach (var (index, gateway) in route.Hops)
        {
            var attributes = new NetlinkWriter();
            if (gateway is { } beyond)
            {
                WriteGateway(attributes, route, beyond);
            }

            var hop = new NextHop
            {
                Length = (ushort)(8 + attributes.Length),
                Flags = gateway is null ? (byte)0 : (byte)flags,
                Index = index,
            };
            hops.Raw(MemoryMarshal.AsBytes(new ReadOnlySpan<NextHop>(in hop)));
            hops.Raw(attributes.Bytes);
        }

        writer.Data(Multipath, hops.Bytes);
    }

    private static void WriteGateway(NetlinkWriter writer, HostRoute route, InternetAddress gateway)
    {
        if (gateway.IsIPv4 == route.Destination.IsIPv4)
        {
            WriteAddress(writer, Gateway, gateway);
            return;
        }

        // struct rtvia: the family, then the address.
        Span<byte> via = stackalloc byte[2 + 16];
        MemoryMarshal.Write(via, (ushort)(gateway.IsIPv4 ? 2 : 10));
        gateway.WriteBytes(via[2..]);
        writer.Data(Via, via[..(2 + gateway.BitCount / 8)]);
    }

    private static void WriteAddress(NetlinkWriter writer, ushort type, InternetAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes = bytes[..(address.BitCount / 8)];
        address.WriteBytes(bytes);
        writer.Data(type, bytes);
    }

    private static bool HasGateway(HostRoute route) => route.Gateway is not null || route.Hops.Any(static hop => hop.Gateway is not null);

    private static bool IsOut(HostRoute route) => route.Kind < HostRouteKind.Blackhole || !route.Destination.IsIPv4;

    /// <summary>struct rtmsg (linux/rtnetlink.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RouteMessage
    {
        internal byte Family;
        internal byte DestinationLength;
        internal byte SourceLength;
        internal byte TypeOfService;
        internal byte Table;
        internal byte Protocol;
        internal byte Scope;
        internal byte Kind;
        internal uint Flags;
    }

    /// <summary>struct rtnexthop (linux/rtnetlink.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct NextHop
    {
        internal ushort Length;
        internal byte Flags;
        internal byte Weight;
        internal int Index;
    }
}
