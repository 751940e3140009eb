using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Linux.Routing;

/// <summary>Why there is no route, and what to do about it, in words for people.</summary>
internal static class RouteFailures
{
    /// <summary>No interface has this name.</summary>
    internal static RouteAnswer UnknownInterface(string name, List<KernelInterface> interfaces)
    {
        var names = interfaces.ConvertAll(one => one.Name);
        var nearest = NearestWord.Find(name, names);
        return new RouteAnswer(
            null, $"no interface is named {name}",
            nearest is null ? Advice.Of($"there are: {Advice.List(names)}") : $"did you mean {nearest}?");
    }

    /// <summary>The interface was not brought up.</summary>
    internal static RouteAnswer InterfaceDown(KernelInterface down) =>
        new(null, $"interface {down.Name} is down", $"bring it up: ip link set {down.Name} up");

    /// <summary>IPv4 and IPv6 do not mix.</summary>
    internal static RouteAnswer OtherFamily(InternetAddress destination, InternetAddress source) =>
        new(
            null, $"{destination} cannot be reached from {source}: one is IPv4, the other IPv6",
            $"give a source address of the target's family");

    /// <summary>No interface of this host has the source address.</summary>
    internal static RouteAnswer ForeignSource(InternetAddress source) =>
        new(
            null, $"{source} is not an address of this host",
            $"use one that `ip address` lists, or give the interface too (-e) to send from a foreign address");

    /// <summary>The kernel has no route, or one that refuses.</summary>
    internal static RouteAnswer NoRoute(InternetAddress destination, string? interfaceName, InternetAddress? source, int errno)
    {
        var where = (interfaceName is null ? "" : $" over {interfaceName}") + (source is null ? "" : $" from {source}");
        var family = destination.IsIPv4 ? Advice.Of($"ip") : $"ip -6";
        return errno switch
        {
            Errno.HostUnreachable =>
                new(null, $"the route to {destination}{where} is of type unreachable", $"{family} route get {destination} shows it"),
            Errno.AccessDenied =>
                new(null, $"the route to {destination}{where} is of type prohibit", $"{family} route get {destination} shows it"),
            Errno.InvalidArgument =>
                new(null, $"the route to {destination}{where} is of type blackhole", $"{family} route get {destination} shows it"),
            _ => new(null, $"no route to {destination}{where}", $"{family} route lists the routes"),
        };
    }

    /// <summary>The kernel knows no address to send from.</summary>
    internal static RouteAnswer NoSource(InternetAddress destination, KernelInterface over) =>
        new(
            null, $"{over.Name} has no source address for {destination}",
            $"add one: ip address add ADDRESS/LENGTH dev {over.Name}, or give a source address (-S)");

    /// <summary>The kernel would wrap packets in a way that raw packets cannot follow.</summary>
    internal static RouteAnswer Encapsulated(InternetAddress destination) =>
        new(
            null, $"the route to {destination} encapsulates packets (e.g. in MPLS), which raw packets cannot use",
            $"scan it with kernel connections: -sT");
}
